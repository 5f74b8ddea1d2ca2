#pragma once

#include "mfad/domain/email_address.hpp"
#include "mfad/domain/rate_limit.hpp"
#include "mfad/domain/refusal.hpp"
#include "mfad/domain/relying_party.hpp"
#include "mfad/service/challenges.hpp"
#include "mfad/service/tenants.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/factor_store.hpp"
#include "mfad/store/passkey_index.hpp"
#include "mfad/store/quota_store.hpp"
#include "mfad/store/user_store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mfad::service {

struct PasskeySignInOptions {
    std::string public_url;
    domain::RatePolicy address; ///< what one address may begin and try; a limit of 0: anything
};

/// Who signed in with nothing but a passkey.
struct SignedIn {
    domain::UserRef user;
    Passed passed;
};

/// Sign-ins with a passkey that anybody may begin, before it is known who he is. Nothing is stored
/// for one that was begun: what the browser signs is sealed, and says for which tenant and address
/// it was made, and until when it is good. Whether an address is anybody's is not told: who has no
/// passkey is shown one that was made up, always the same. One object a thread.
class PasskeySignIn {
public:
    static constexpr std::chrono::minutes lifetime{5};

    PasskeySignIn(
        const store::Context& context, Vault& vault, Challenges& challenges, TenantSource& tenants,
        PasskeySignInOptions options);

    /// Counts a request of an address. @return `too_many`
    runtime::Awaitable<domain::Result<void>> admit(std::string_view client);

    /// What the browser of somebody needs. @param tenant null: one that is not known
    /// @param email nothing: whoever the authenticator finds by itself
    /// @return PublicKeyCredentialRequestOptionsJSON
    runtime::Awaitable<std::string> begin(
        const domain::Tenant* tenant, const std::optional<domain::EmailAddress>& email);

    /// What an assertion has signed, if that was made by `begin` for this tenant and is still good.
    std::optional<std::string> issued(std::string_view credential, std::string_view tenant);

    /// Signs in whoever has made the assertion, where his tenant lets a passkey do so alone. What
    /// does not pass the checks counts as nothing: no host has vouched for who sent it.
    /// @return `malformed` (credential); `forbidden` where it takes a host's challenge; `expired`,
    ///   `already_used`, `wrong_code`, `not_enrolled`, and as `Challenges::verify_passkey`
    runtime::Awaitable<domain::Result<SignedIn>> complete(std::string_view credential);

private:
    struct Issued;
    std::optional<Issued> open_issued(std::string_view client_data);
    std::string digest_of(const domain::UserRef& user) const;
    std::string invented_id(std::string_view tenant, const domain::EmailAddress& email) const;

    store::UserStore users_;
    store::FactorStore factors_;
    store::PasskeyIndex index_;
    store::QuotaStore quotas_;
    Vault& vault_;
    Challenges& challenges_;
    TenantSource& tenants_;
    PasskeySignInOptions options_;
};

} // namespace mfad::service
