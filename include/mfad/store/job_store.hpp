#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/store/context.hpp"
#include "mfad/store/link_store.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace mfad::store {

/// A mail job as it lies in the queue: the digit of its class, its id, and sealed content that only
/// the key file opens.
struct QueuedJob {
    unsigned partition = 0;
    std::string bytes;
};

/// A job together with where it lies.
struct ListedJob {
    enum class Where : std::uint8_t { due, leased, dead };
    Where where = Where::due;
    QueuedJob job;
    platform::UnixMillis at{}; ///< due, end of the lease, or when it was given up
};

struct Claimed {
    platform::UnixMillis now{}; ///< the store's clock
    std::vector<QueuedJob> jobs;
};

/// What is noted with a link or a challenge when the job of its mail is settled.
struct MailNote {
    std::string link_id; ///< or the challenge's
    LinkMail mail = LinkMail::none;
    bool is_challenge = false;
};

/// The mail queue. A job is due, leased to a worker, or dead; it moves by one script and is never
/// in two places or none.
class JobStore {
public:
    explicit JobStore(const Context& context) : context_(context) {}

    /// Leases due jobs, codes first.
    /// @param take_back  also returns jobs whose lease ran out to the queue
    runtime::Awaitable<Claimed> claim(
        unsigned wanted, std::chrono::milliseconds lease, bool take_back,
        unsigned first_partition) const;

    /// Ends a lease: the job is done.
    /// @param note of the mail of a link; it lies in the job's partition
    runtime::Awaitable<bool> finish(const QueuedJob& job, const MailNote* note = nullptr) const;
    /// Ends a lease: the job goes on as `next` when it is due. @return false: the lease was
    /// another's by now
    runtime::Awaitable<bool> postpone(
        const QueuedJob& job, const std::string& next, platform::UnixMillis due) const;
    /// Ends a lease: the job is given up, and kept as `last` for whoever looks.
    runtime::Awaitable<bool> bury(
        const QueuedJob& job, const std::string& last, platform::UnixMillis now,
        const MailNote* note = nullptr) const;

    // For the command line.

    /// Every job there is.
    runtime::Awaitable<std::vector<ListedJob>> list() const;
    /// Has a job that is due or dead go on as `next`, when it is due.
    /// @return false: it is not there any more
    runtime::Awaitable<bool> move(
        const ListedJob& listed, const std::string& next, platform::UnixMillis due) const;
    /// Removes a job that is due or dead. @return false: it is not there any more
    runtime::Awaitable<bool> drop(const ListedJob& listed) const;

private:
    const Context& context_;
};

} // namespace mfad::store
