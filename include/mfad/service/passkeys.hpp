#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/domain/relying_party.hpp"
#include "mfad/domain/tenant.hpp"
#include "mfad/service/factor_view.hpp"
#include "mfad/service/passkey.hpp"
#include "mfad/store/factor_store.hpp"
#include "mfad/store/passkey_index.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::service {

/// What a browser needs to make a passkey.
struct PasskeyOffer {
    std::string options; ///< PublicKeyCredentialCreationOptionsJSON
    platform::UnixMillis ends{};
};

/// Where a tenant's passkeys are good: his own word, or the host of this installation's URL with
/// that origin alone.
domain::RelyingParty relying_party_of(const domain::Tenant& tenant, std::string_view public_url);

/// Why passkeys cannot work for tenants without a record of their own: what browsers would refuse
/// of this installation's URL, in words.
std::vector<std::string> faults_of_default_party(std::string_view public_url);

/// The passkeys of a user: binding, naming and removing them. One object a thread.
///
/// Of the checks of WebAuthn L3 section 7.1 the verifier has those over bytes; here are those over
/// state: the challenge is alive and the user's, and the credential id is nobody's yet. A user
/// handle is random, the same for all passkeys of a user while he has one.
class Passkeys {
public:
    static constexpr std::chrono::minutes pending_lifetime{10};
    static constexpr std::size_t most = store::FactorStore::passkeys.size(); ///< of a user
    static constexpr std::size_t max_label = 64;                             ///< bytes

    /// @param wake called when a mail is owed
    Passkeys(const store::Context& context, Vault& vault, std::function<void()> wake);

    /// Begins the binding of a passkey; a newer offer takes the place of the last.
    /// @param account what the browser shows for the user
    /// @return `no_such_user`; `invalid` (passkeys) when he has as many as he may
    runtime::Awaitable<domain::Result<PasskeyOffer>> offer(
        const domain::UserRef& user, const domain::RelyingParty& party, std::string_view account);

    /// Binds the passkey that a browser made, and switches passkeys on.
    /// @param credential RegistrationResponseJSON
    /// @return `malformed` (credential) for what is none; `invalid` (credential), saying which
    ///   check it did not pass; `expired` when no offer waits (any more); `factor_not_allowed`,
    ///   `restricted`, `proof_too_old`, `no_such_user`
    runtime::Awaitable<domain::Result<Passkey>> confirm(
        const domain::UserRef& user, const domain::RelyingParty& party, std::string_view credential,
        std::string_view label, Asker asker);

    /// @return `not_enrolled` when there is none of this id
    runtime::Awaitable<domain::Result<FactorView>> rename(
        const domain::UserRef& user, std::string_view factor_id, std::string_view label);

    /// Unbinds a passkey; with the last one, passkeys are switched off.
    /// @return `not_enrolled` when there is none of this id, `restricted`, `proof_too_old`
    runtime::Awaitable<domain::Result<void>> remove(
        const domain::UserRef& user, std::string_view factor_id, Asker asker);

    /// Those that a user has, opened. @param fields of `store::FactorStore::passkeys`

    /// What a user's passkeys are found by: to be released once they are gone.
    const store::PasskeyIndex& index() const { return index_; }

private:
    struct Confirmation;
    runtime::Awaitable<void> give_back(const std::string& tag, const domain::UserRef& user);
    runtime::Awaitable<domain::Result<void>> put(
        const domain::UserRef& user, const Confirmation& confirmation, Asker asker);

    store::FactorStore factors_;
    store::PasskeyIndex index_;
    Vault& vault_;
    std::function<void()> wake_;
};

/// How a passkey may be shown.
FactorView view_of(const Passkey& passkey);

} // namespace mfad::service
