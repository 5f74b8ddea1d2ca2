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
constexpr std::size_t seen_length = 12; // of a digest, by which a credential is known again
constexpr std::chrono::seconds keys_retry{5};

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

/// Whether the key of an issuer made the token, and its claims are in order.
bool verifies(
    const platform::JwtKey& key, const TokenIssuer& issuer, const Tenant& tenant,
    const platform::JwtParts& parts, const TokenRules& rules) {
    if (key.alg() != parts.alg()) return false;
    const std::string_view tenant_id = tenant.id;
    platform::ClaimRules claims;
    claims.now = platform::wall_now();
    claims.leeway = rules.leeway;
    claims.max_lifetime = rules.max_lifetime;
    claims.issuer = issuer.issuer;
    claims.audiences = {&tenant_id, 1};
    claims.audience_claim = tenant_claim(parts);
    claims.subject_claim =
        issuer.use == TokenIssuer::Use::user ? std::string_view(issuer.user_claim) : "";
    return !platform::verify_signature(parts, key) && !platform::check_claims(parts, claims);
}

bool holds(std::span<const platform::JwtKey> keys, const platform::JwtKey& key) {
    return std::ranges::find(keys, key.thumbprint(), &platform::JwtKey::thumbprint) != keys.end();
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
    if (!is_secret(credential)) return noted(bad_credential(), accepts);
    const auto found = credentials_.known_credential(store::credential_digest(credential));
    if (!found) return std::nullopt;
    if (!*found) return noted(bad_credential(), accepts);
    auto tenant = tenants_.known_tenant((*found)->tenant);
    if (!tenant) return std::nullopt;
    return noted(admitted(**found, *std::move(tenant), accepts), accepts);
}

Result<Call> Authenticator::noted(Result<Call> call, const Accepts& accepts) {
    if (call || call.error().code != Refusal::Code::bad_credential) return call;
    const auto now = runtime::SteadyClock::now();
    if (auto denied = failures_.denied(accepts.client, now)) return *std::move(denied);
    failures_.count(accepts.client, now);
    return call;
}

Awaitable<Result<Call>> Authenticator::authenticate(
    std::string_view credential, const Accepts& accepts) {
    if (looks_like_token(credential)) {
        Result<Call> call = co_await check_token(credential, accepts);
        if (call && !call->tenant->speaks(accepts.dialect))
            co_return domain::refuse(Refusal::Code::forbidden);
        co_return call;
    }
    if (!is_secret(credential)) co_return noted(bad_credential(), accepts);
    const std::string digest = store::credential_digest(credential);
    const std::string start = digest.substr(0, seen_length);
    // Who shares an address with a guesser is not to suffer for it.
    if (seen_good_.find(start) == nullptr) {
        auto denied = failures_.denied(accepts.client, runtime::SteadyClock::now());
        if (denied) co_return *std::move(denied);
    }
    Result<Call> call = co_await check_secret(digest, accepts);
    if (call) seen_good_.put(start, true);
    co_return noted(std::move(call), accepts);
}

Awaitable<Result<Call>> Authenticator::check_secret(
    const std::string& digest, const Accepts& accepts) {
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

/// The entries of the tenant that a token of this issuer may have been signed under, in order.
Awaitable<std::vector<Authenticator::Candidate>> Authenticator::candidates(
    const Tenant& tenant, const platform::JwtParts& parts) {
    std::vector<Candidate> found;
    for (const TokenIssuer& issuer : tenant.issuers) {
        if (parts.text("iss") != std::string_view(issuer.issuer)) continue;
        Candidate candidate;
        candidate.issuer = &issuer;
        candidate.keys = issuer.keys;
        if (!issuer.jwks_uri.empty()) {
            candidate.fetched = co_await key_sets_.find_keys(issuer.jwks_uri, parts.kid());
            candidate.lacks_keys = !candidate.fetched;
            if (candidate.fetched) candidate.keys = candidate.fetched->keys();
        }
        found.push_back(std::move(candidate));
    }
    co_return found;
}

/// The entry that this token was signed under, its claims checked.
Result<const TokenIssuer*> Authenticator::verified_issuer(
    std::span<const Candidate> candidates, const Tenant& tenant,
    const platform::JwtParts& parts) const {
    bool uncertain = false;
    for (const Candidate& candidate : candidates) {
        const platform::JwtKey* const key = find_key(candidate.keys, parts.kid());
        uncertain = uncertain || candidate.lacks_keys;
        if (key == nullptr || !verifies(*key, *candidate.issuer, tenant, parts, rules_)) continue;
        // One key may not be good for users and for servers: a user's token would pass for a
        // server's. Of written keys the import sees to that; of fetched ones nobody could.
        const auto conflicts = [&](const Candidate& other) {
            if (other.issuer->use == candidate.issuer->use) return false;
            uncertain = uncertain || other.lacks_keys;
            return other.lacks_keys || holds(other.keys, *key);
        };
        if (std::ranges::none_of(candidates, conflicts)) return candidate.issuer;
    }
    if (!uncertain) return bad_credential();
    Refusal refusal = domain::refuse(Refusal::Code::unavailable);
    refusal.retry_after = keys_retry;
    return refusal;
}

Awaitable<Result<Call>> Authenticator::check_token(std::string_view token, const Accepts& accepts) {
    const auto parts = platform::parse_jwt(token);
    if (!parts || !parts->has_claims()) co_return bad_credential();
    Call call;
    call.tenant = co_await tenant_of(*parts, accepts);
    if (!call.tenant) co_return bad_credential();
    const std::vector<Candidate> found = co_await candidates(*call.tenant, *parts);
    const auto verified = verified_issuer(found, *call.tenant, *parts);
    if (!verified) co_return verified.error();
    const TokenIssuer* const issuer = *verified;

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
