#include "mfad/service/panel.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"

namespace mfad::service {
namespace {

using domain::Refusal;
using domain::Result;
using runtime::Awaitable;

constexpr std::size_t hash_bytes = 16;
constexpr std::chrono::milliseconds busy_retry{1000};

std::string new_hash() {
    return platform::hex(platform::random_bytes(hash_bytes));
}

} // namespace

Awaitable<Result<PanelSession>> Panel::sign_in(
    const std::string& login, const std::string& password) {
    const store::AttemptTaken attempt =
        co_await credentials_.take_attempt(login, options_.failures, options_.period);
    if (attempt.wait.count() > 0) {
        Refusal refusal = domain::refuse(Refusal::Code::too_many_logins);
        refusal.retry_after = attempt.wait;
        co_return refusal;
    }
    const std::optional<store::PanelAccount> account = co_await credentials_.panel_account(login);
    std::optional<std::string> stored;
    if (account) stored = account->password_hash;
    const std::optional<bool> right = co_await passwords_.verify(std::move(stored), password);
    if (!right) {
        co_await credentials_.forget_attempt(login, attempt.name);
        Refusal refusal = domain::refuse(Refusal::Code::unavailable);
        refusal.retry_after = busy_retry;
        co_return refusal;
    }
    if (!*right) co_return domain::refuse(Refusal::Code::wrong_login);

    co_await credentials_.clear_attempts(login);
    PanelSession session;
    session.hash = new_hash();
    session.permissions_json = account->permissions_json;
    domain::Credential credential;
    credential.kind = domain::CredentialKind::session;
    credential.tenant = account->tenant;
    credential.permissions = account->permissions;
    credential.permissions_json = account->permissions_json;
    credential.created_at = platform::wall_now();
    credential.expires_at = *credential.created_at + options_.session_lifetime;
    const std::string digest = store::credential_digest(session.hash);
    co_await credentials_.put(digest, credential);
    co_return session;
}

Awaitable<bool> Panel::sign_out(std::string_view hash) {
    const std::string digest = store::credential_digest(hash);
    co_return co_await credentials_.remove(digest);
}

Awaitable<std::string> Panel::open_for(const domain::UserRef& user) {
    std::string hash = new_hash();
    domain::Credential credential;
    credential.kind = domain::CredentialKind::session;
    credential.tenant = user.tenant;
    credential.user = user.user;
    credential.permissions_json = "{}";
    credential.created_at = platform::wall_now();
    credential.expires_at = *credential.created_at + options_.session_lifetime;
    const std::string digest = store::credential_digest(hash);
    co_await credentials_.put(digest, credential);
    co_return hash;
}

Awaitable<std::optional<domain::Credential>> Panel::session_of_user(std::string_view hash) {
    const std::string digest = store::credential_digest(hash);
    std::optional<domain::Credential> found = co_await credentials_.find(digest);
    if (!found || found->kind != domain::CredentialKind::session || found->user.empty())
        co_return std::nullopt;
    if (found->expires_at && *found->expires_at <= platform::wall_now()) co_return std::nullopt;
    co_return found;
}

Awaitable<std::string> Panel::permissions(std::string_view hash) {
    const std::string digest = store::credential_digest(hash);
    const std::optional<domain::Credential> credential = co_await credentials_.find(digest);
    co_return credential ? credential->permissions_json : "{}";
}

} // namespace mfad::service
