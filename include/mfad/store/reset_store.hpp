#pragma once

#include "mfad/domain/factor.hpp"
#include "mfad/domain/identity.hpp"
#include "mfad/platform/clock.hpp"
#include "mfad/store/context.hpp"
#include "mfad/store/settings_store.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace mfad::store {

/// What became of the wish for a delayed reset. The values are those of `schedule_reset.lua`.
struct ResetScheduled {
    enum class Status : std::uint8_t {
        scheduled = 0,
        visit_over = 1,
        restricted = 2,
        no_address = 3, ///< nobody could be told of it
        nothing_to_reset = 4,
        pending = 5, ///< one is on its way already, and stays as it is
    };
    Status status = Status::visit_over;
    platform::UnixMillis due{}; ///< when scheduled, or pending
};

struct ResetSchedule {
    std::string link_id; ///< of the link that began the visit
    std::string reset_id;
    std::chrono::milliseconds delay{0};
    std::string job;    ///< sealed; does it
    std::string notice; ///< sealed mail, with the way to cancel
};

struct ResetExecution {
    std::string reset_id;
    domain::FactorSet factors; ///< that are unbound
    std::string notice;        ///< sealed mail
    LinkOrder link;            ///< by which the user enrolls anew, and its mail
    std::chrono::milliseconds link_lifetime{0};
    std::vector<std::string> fields; ///< of the user's record that go; at least one
};

/// Resets of lost factors that take effect after a while, unless their user objects.
class ResetStore {
public:
    explicit ResetStore(const Context& context) : context_(context) {}

    runtime::Awaitable<ResetScheduled> schedule(
        const domain::UserRef& user, const ResetSchedule& order) const;

    /// @param reset_id empty: whichever there is, in a visit that this link began
    /// @return false when there is none of this id, or the visit holds no more
    runtime::Awaitable<bool> cancel(
        const domain::UserRef& user, const std::string& reset_id, const std::string& link_id) const;

    /// Does it when it is due. @return false when it was cancelled, or done before
    runtime::Awaitable<bool> execute(
        const domain::UserRef& user, const ResetExecution& order) const;

private:
    const Context& context_;
};

} // namespace mfad::store
