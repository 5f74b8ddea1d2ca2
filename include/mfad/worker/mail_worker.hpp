#pragma once

#include "mfad/domain/mail_limits.hpp"
#include "mfad/mail/message.hpp"
#include "mfad/mail/transport.hpp"
#include "mfad/runtime/executor.hpp"
#include "mfad/service/recovery.hpp"
#include "mfad/service/tenants.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/job_store.hpp"
#include "mfad/store/user_store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mfad::worker {

struct MailWorkerOptions {
    std::string public_url;             ///< what links start with
    mail::Mailbox from;                 ///< where a tenant names no sender of his own
    std::chrono::milliseconds lease{0}; ///< longer than any attempt takes
    std::chrono::milliseconds poll{20}; ///< between looks for jobs of other servers
    unsigned batch = 32;                ///< mails under way at a time
    domain::MailLimits limits{};        ///< on what is sent
};

/// What became of a mail job.
enum class MailOutcome : std::uint8_t {
    delivered,
    postponed,  ///< tried, and due again later
    limited,    ///< not tried: over a limit on mails, and due again later
    dead,       ///< given up, and kept for whoever looks
    expired,    ///< dropped: nobody could use it any more
    superseded, ///< dropped: a newer link was made, or the address changed
    unreadable, ///< dead: not sealed with this key file, or of a later version
};
constexpr std::size_t mail_outcomes = 7;
std::string_view to_string(MailOutcome outcome);

/// What the owner hears, on the worker's thread.
struct MailEvents {
    /// @param age from the making of the job to this outcome
    std::function<void(MailOutcome, std::chrono::milliseconds age)> settled;
    /// A limit on mails, by name, has counted one, or refused it.
    std::function<void(std::string_view policy, bool allowed)> limit;
    /// The mail server takes nothing at all, and says why: somebody has to look.
    std::function<void(const std::string& why)> misconfigured;
};

/// Takes mail jobs from the queue, one lease each, and has them delivered. Any number of workers
/// may run: a job is leased to one of them, and comes back when its worker dies. A job of the kind
/// `reset_due` is no mail: it does what it says (`service::Recovery`).
///
/// Every mail counts against the limits on mails. Links that are over one wait, and codes that are
/// over the recipient's; given up are those that will have no room before they are of no use. When
/// the limits cannot be asked, nothing is sent.
///
/// A mail goes to the address that is stored when it is sent. It is sent at least once: a lease
/// that ran out, or a connection lost after the final dot, can repeat it, under the same Message-ID
/// and with the same bytes. Threads: all but `wake` on the thread of the io_context.
class MailWorker {
public:
    MailWorker(
        runtime::asio::io_context& context, const store::Context& store,
        service::TenantSource& tenants, service::Vault& vault, service::Recovery& recovery,
        mail::Transport& transport, MailWorkerOptions options, MailEvents events);
    ~MailWorker();

    /// Begins to work.
    void start();

    /// From now on with these limits.
    void use_limits(domain::MailLimits limits);

    /// A job has become due: looks at once. Any thread, also after the end of the worker's life.
    std::function<void()> waker();

    /// Takes no further job and waits for those under way, at most `grace`. What is left stays
    /// leased and comes back when the lease ends.
    runtime::Awaitable<void> stop(std::chrono::milliseconds grace);

private:
    class Core;
    std::shared_ptr<Core> core_;
};

} // namespace mfad::worker
