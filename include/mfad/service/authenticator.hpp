#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/platform/jwt.hpp"
#include "mfad/service/call.hpp"
#include "mfad/service/failed_credentials.hpp"
#include "mfad/service/key_sets.hpp"
#include "mfad/service/tenants.hpp"
#include "mfad/store/credential_store.hpp"

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::service {

/// Where a request finds an opaque credential: through a cache in the server.
class CredentialSource {
public:
    virtual ~CredentialSource() = default;
    /// What is known without asking anybody, which spares a coroutine; null in it: there is none.
    virtual std::optional<std::shared_ptr<const domain::Credential>> known_credential(
        [[maybe_unused]] const std::string& digest) {
        return std::nullopt;
    }
    /// @return null when it is unknown
    virtual runtime::Awaitable<std::shared_ptr<const domain::Credential>> find_credential(
        const std::string& digest) = 0;
};

/// What a place in a request takes as a credential.
struct Accepts {
    bool server = false;  ///< a tenant's server: opaque key or token
    bool user = false;    ///< the user himself: his secret key or token
    bool session = false; ///< a panel session
    domain::DialectName dialect = domain::DialectName::native;
    std::string_view path_tenant; ///< the tenant that the path names, if any
    std::string_view client;      ///< address that it comes from (http::Request)
};

struct TokenRules {
    std::chrono::seconds leeway{30};
    std::chrono::seconds max_lifetime{24 * 3600};
};

/// Says who a request comes from (docs/dialects.md, "Who is who").
///
/// A token is checked with the keys of one tenant only: the path's, if the token names him, else
/// the one known tenant that it names. Whether the credential's tenant is the path's is for the
/// dialect to say, each in its own words.
class Authenticator {
public:
    Authenticator(
        TenantSource& tenants, CredentialSource& credentials, KeySetSource& key_sets,
        FailedCredentials& failures, const TokenRules& rules)
        : tenants_(tenants), credentials_(credentials), key_sets_(key_sets), failures_(failures),
          seen_good_(most_seen), rules_(rules) {}

    /// What `authenticate` would say, if that is known without asking the store: of an opaque
    /// credential that was seen of late. Spares a coroutine.
    std::optional<domain::Result<Call>> known(std::string_view credential, const Accepts& accepts);

    /// @return `bad_credential` for what is unknown, expired, revoked, forged, or of a kind that
    ///   `accepts` does not
    ///         name; `too_many` for an opaque one that was never good on this thread, when too many
    ///         of the client have failed; `forbidden` when the tenant does not speak this dialect;
    ///         `unavailable` for a token whose issuer's keys were never had and cannot be fetched
    runtime::Awaitable<domain::Result<Call>> authenticate(
        std::string_view credential, const Accepts& accepts);

private:
    static constexpr std::size_t most_seen = 65'536;
    using TenantPtr = std::shared_ptr<const domain::Tenant>;

    /// An issuer, and its keys as they are known now.
    struct Candidate {
        const domain::TokenIssuer* issuer = nullptr;
        std::span<const platform::JwtKey> keys;
        KeySetSource::Keys fetched; ///< keeps `keys`
        bool lacks_keys = false;    ///< they are elsewhere, and were not to be had
    };

    /// The same, its failure counted.
    domain::Result<Call> noted(domain::Result<Call> call, const Accepts& accepts);
    runtime::Awaitable<domain::Result<Call>> check_secret(
        const std::string& digest, const Accepts& accepts);
    runtime::Awaitable<domain::Result<Call>> check_token(
        std::string_view token, const Accepts& accepts);
    runtime::Awaitable<TenantPtr> tenant_of(
        const platform::JwtParts& parts, const Accepts& accepts);
    runtime::Awaitable<std::vector<Candidate>> candidates(
        const domain::Tenant& tenant, const platform::JwtParts& parts);
    domain::Result<const domain::TokenIssuer*> verified_issuer(
        std::span<const Candidate> candidates, const domain::Tenant& tenant,
        const platform::JwtParts& parts) const;

    TenantSource& tenants_;
    CredentialSource& credentials_;
    KeySetSource& key_sets_;
    FailedCredentials& failures_;
    redis::BoundedMap<bool> seen_good_; ///< by the beginning of their digest
    TokenRules rules_;
};

} // namespace mfad::service
