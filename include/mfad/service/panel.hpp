#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/service/password_pool.hpp"
#include "mfad/store/credential_store.hpp"

#include <chrono>
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

/// Signing in to the panel, leaving it, and what a session may do.
class Panel {
public:
    Panel(const store::Context& context, PasswordPool& passwords, PanelOptions options)
        : credentials_(context), passwords_(passwords), options_(options) {}

    /// An unknown login costs the same as a wrong password, and counts the same.
    /// @return `wrong_login`, `too_many_logins`, or `unavailable` when too many hashes are waiting
    runtime::Awaitable<domain::Result<PanelSession>> sign_in(
        const std::string& login, const std::string& password);

    /// Ends a session at once. @return whether there was one
    runtime::Awaitable<bool> sign_out(std::string_view hash);

    /// The permission map of a session, as JSON; "{}" when it is gone.
    runtime::Awaitable<std::string> permissions(std::string_view hash);

private:
    store::CredentialStore credentials_;
    PasswordPool& passwords_;
    PanelOptions options_;
};

} // namespace mfad::service
