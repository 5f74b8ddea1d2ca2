#pragma once

#include "mfad/service/enrollment.hpp"
#include "mfad/service/mail_job.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/service/visits.hpp"
#include "mfad/store/passkey_index.hpp"
#include "mfad/store/reset_store.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace mfad::service {

struct RecoveryOptions {
    std::chrono::milliseconds reset_delay{0}; ///< from the wish to the reset
};

/// The way back of who has lost his factors and has nothing else to show: a reset that is told by
/// mail at once, takes effect after a while, and can be cancelled until then. One object a thread.
class Recovery {
public:
    /// @param wake called when a mail is owed
    Recovery(
        const store::Context& context, Vault& vault, Enrollment& enrollment,
        RecoveryOptions options, std::function<void()> wake);

    /// Schedules the reset of the visit's user, which the visit need not have proved.
    runtime::Awaitable<store::ResetScheduled> schedule(const Visit& visit);

    /// Cancels whatever reset there is, in a visit. @return false when there was none
    runtime::Awaitable<bool> cancel(const Visit& visit);

    /// Cancels the reset that a mail told of, by the token in its link. @return false for what is
    /// no token, and for a reset that was done or cancelled
    runtime::Awaitable<bool> cancel(std::string_view token);

    /// Does a reset whose time has come. @param job of the kind `reset_due`
    /// @return false when it was cancelled, or done before
    runtime::Awaitable<bool> execute(const MailJob& job);

private:
    store::ResetStore resets_;
    store::PasskeyIndex passkeys_;
    Vault& vault_;
    Enrollment& enrollment_;
    RecoveryOptions options_;
    std::function<void()> wake_;
};

/// The URL by which a reset is cancelled: the page, with the token in the fragment.
std::string cancel_href(std::string_view public_url, std::string_view token);

} // namespace mfad::service
