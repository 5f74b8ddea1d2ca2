#include "mfad/service/authenticator.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"

#include <algorithm>

namespace mfad::service {
namespace {

using domain::Caller;
using domain::Credential;
using domain::CredentialKind;
using domain::Refusal;
using domain::Result;
using domain::Tenant;
using domain::TokenIssuer;
using runtime::Awaitable;

constexpr std::string_view project_claim = "xsolla_login_project_id";
constexpr std::size_t min_secret = 16;
constexpr std::size_t max_secret = 512;
constexpr std::size_t public_id_length = 16;

Refusal bad_credential() {
    return domain::refuse(Refusal::Code::bad_credential);
}

/// Two dots make a token; no opaque secret of ours has any.
bool looks_like_token(std::string_view text) {
    return std::ranges::count(text, '.') == 2;
}

bool accepted(const Credential& credential, const Accepts& accepts) {
    if (credential.expires_at && *credential.expires_at <= platform::wall_now()) return false;
    switch (credential.kind) {
    case CredentialKind::server: return accepts.server;
    case CredentialKind::secret: return accepts.user;
    case CredentialKind::session: return accepts.session;
    }
    return false;
}

Caller::Kind caller_kind(CredentialKind kind) {
    switch (kind) {
    case CredentialKind::server: return Caller::Kind::server;
    case CredentialKind::secret: return Caller::Kind::user;
    case CredentialKind::session: break;
    }
    return Caller::Kind::session;
}

bool is_secret(std::string_view text) {
    return text.size() >= min_secret && text.size() <= max_secret;
}

/// The call of whoever holds an opaque credential.
Result<Call> admitted(
    const Credential& credential, std::shared_ptr<const Tenant> tenant, const Accepts& accepts) {
    if (!tenant || !accepted(credential, accepts)) return bad_credential();
    if (!tenant->speaks(accepts.dialect)) return domain::refuse(Refusal::Code::forbidden);
    Call call;
    call.tenant = std::move(tenant);
    call.caller.kind = caller_kind(credential.kind);
    call.caller.tenant = credential.tenant;
    if (credential.kind == CredentialKind::secret) call.caller.user = credential.user;
    call.caller.permissions = credential.permissions;
    call.caller.credential_id = credential.id;
    return call;
}

/// The claim by which a token names its tenant: Xsolla's own, or else the audience.
std::string_view tenant_claim(const platform::JwtParts& parts) {
    return parts.text(project_claim) ? project_claim : "aud";
}

/// The issuer's key for a token; where there is one key, tokens need not name it.
const platform::JwtKey* find_key(const TokenIssuer& issuer, std::string_view kid) {
    if (kid.empty() && issuer.keys.size() == 1) return &issuer.keys.front();
    for (const platform::JwtKey& key : issuer.keys)
        if (!key.kid().empty() && key.kid() == kid) return &key;
    // A lone secret has no name; whatever the token calls it, there is nothing to choose.
    if (issuer.keys.size() == 1 && issuer.keys.front().kid().empty()) return &issuer.keys.front();
    return nullptr;
}

/// The entry of the tenant that this token was signed under, its claims checked; null when there is
/// none.
const TokenIssuer* verified_issuer(
    const Tenant& tenant, const platform::JwtParts& parts, const TokenRules& rules) {
    const std::string_view tenant_id = tenant.id;
    for (const TokenIssuer& issuer : tenant.issuers) {
        if (parts.text("iss") != std::string_view(issuer.issuer)) continue;
        const platform::JwtKey* key = find_key(issuer, parts.kid());
        if (key == nullptr || key->alg() != parts.alg()) continue;
        platform::ClaimRules claims;
        claims.now = platform::wall_now();
        claims.leeway = rules.leeway;
        claims.max_lifetime = rules.max_lifetime;
        claims.issuer = issuer.issuer;
        claims.audiences = {&tenant_id, 1};
        claims.audience_claim = tenant_claim(parts);
        claims.subject_claim =
            issuer.use == TokenIssuer::Use::user ? std::string_view(issuer.user_claim) : "";
        if (!platform::verify_signature(parts, *key) && !platform::check_claims(parts, claims))
            return &issuer;
    }
    return nullptr;
}

/// Whom a token stands for: a renewed one is the same credential, so that a retry under its key is
/// recognised.
std::string token_identity(const TokenIssuer& issuer, const Caller& caller) {
    std::string who = "token\n" + caller.tenant + "\n" + issuer.issuer + "\n" + caller.user;
    return store::credential_digest(who).substr(0, public_id_length);
}

} // namespace

std::optional<Result<Call>> Authenticator::known(
    std::string_view credential, const Accepts& accepts) {
    if (looks_like_token(credential)) return std::nullopt;
    if (!is_secret(credential)) return bad_credential();
    const auto found = credentials_.known_credential(store::credential_digest(credential));
    if (!found) return std::nullopt;
    if (!*found) return bad_credential();
    auto tenant = tenants_.known_tenant((*found)->tenant);
    if (!tenant) return std::nullopt;
    return admitted(**found, *std::move(tenant), accepts);
}

Awaitable<Result<Call>> Authenticator::authenticate(
    std::string_view credential, const Accepts& accepts) {
    if (looks_like_token(credential)) {
        Result<Call> call = co_await check_token(credential, accepts);
        if (call && !call->tenant->speaks(accepts.dialect))
            co_return domain::refuse(Refusal::Code::forbidden);
        co_return call;
    }
    if (!is_secret(credential)) co_return bad_credential();
    const std::string digest = store::credential_digest(credential);
    const auto found = co_await credentials_.find_credential(digest);
    if (!found) co_return bad_credential();
    TenantPtr tenant = co_await tenants_.find_tenant(found->tenant);
    co_return admitted(*found, std::move(tenant), accepts);
}

Awaitable<std::shared_ptr<const Tenant>> Authenticator::tenant_of(
    const platform::JwtParts& parts, const Accepts& accepts) {
    std::vector<std::string_view> named = parts.texts(tenant_claim(parts));
    // Whatever a stranger writes there, only what could be a tenant is looked up and remembered.
    std::erase_if(named, [](std::string_view name) { return !domain::is_valid_id(name); });
    if (std::ranges::find(named, accepts.path_tenant) != named.end()) {
        const std::string id(accepts.path_tenant);
        TenantPtr tenant = co_await tenants_.find_tenant(id);
        if (tenant) co_return tenant;
    }
    TenantPtr only;
    for (const std::string_view name : named) {
        const std::string id(name);
        TenantPtr tenant = co_await tenants_.find_tenant(id);
        if (tenant && only && only->id != tenant->id) co_return nullptr;
        if (tenant) only = tenant;
    }
    co_return only;
}

Awaitable<Result<Call>> Authenticator::check_token(std::string_view token, const Accepts& accepts) {
    const auto parts = platform::parse_jwt(token);
    if (!parts || !parts->has_claims()) co_return bad_credential();
    Call call;
    call.tenant = co_await tenant_of(*parts, accepts);
    if (!call.tenant) co_return bad_credential();
    const TokenIssuer* issuer = verified_issuer(*call.tenant, *parts, rules_);
    if (issuer == nullptr) co_return bad_credential();

    const bool is_server = issuer->use == TokenIssuer::Use::server;
    if (!(is_server ? accepts.server : accepts.user)) co_return bad_credential();
    call.caller.kind = is_server ? Caller::Kind::server : Caller::Kind::user;
    call.caller.tenant = call.tenant->id;
    if (is_server) {
        call.caller.permissions = issuer->permissions;
    } else {
        call.caller.user = parts->text(issuer->user_claim).value_or("");
        call.caller.email = parts->text("email").value_or("");
    }
    call.caller.has_token = true;
    call.caller.credential_id = token_identity(*issuer, call.caller);
    co_return call;
}

} // namespace mfad::service
