#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/service/password_pool.hpp"
#include "mfad/store/credential_store.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::service {

struct PanelOptions {
    unsigned failures = 5;               ///< of one login …
    std::chrono::milliseconds period{0}; ///< … in any stretch of this
    std::chrono::milliseconds session_lifetime{0};
};

struct PanelSession {
    std::string hash; ///< the credential, 32 hexadecimal digits; shown once
    std::string permissions_json;
};

/// Sessions: signing in to the panel, leaving it, what a session may do, and those of users.
class Panel {
public:
    Panel(const store::Context& context, PasswordPool& passwords, PanelOptions options)
        : credentials_(context), passwords_(passwords), options_(options) {}

    /// From now on with these; sessions that are open stay as they are.
    void use(const PanelOptions& options) { options_ = options; }

    /// An unknown login costs the same as a wrong password, and counts the same.
    /// @return `wrong_login`, `too_many_logins`, or `unavailable` when too many hashes are waiting
    runtime::Awaitable<domain::Result<PanelSession>> sign_in(
        const std::string& login, const std::string& password);

    /// Ends a session at once. @return whether there was one
    runtime::Awaitable<bool> sign_out(std::string_view hash);

    /// The permission map of a session, as JSON; "{}" when it is gone.
    runtime::Awaitable<std::string> permissions(std::string_view hash);

    /// Opens a session for a user who has passed a second factor: it names him, and may do nothing
    /// in the panel. @return its hash, shown once
    runtime::Awaitable<std::string> open_for(const domain::UserRef& user);

    /// A user's session that is not over. @return nothing for any other text, a panel session's
    /// included
    runtime::Awaitable<std::optional<domain::Credential>> session_of_user(std::string_view hash);

private:
    store::CredentialStore credentials_;
    PasswordPool& passwords_;
    PanelOptions options_;
};

} // namespace mfad::service
