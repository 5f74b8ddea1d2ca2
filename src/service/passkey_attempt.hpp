#pragma once

#include "mfad/domain/relying_party.hpp"
#include "mfad/platform/webauthn.hpp"
#include "mfad/service/passkey.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

/// An assertion, held against the passkeys of the user that a challenge is for.
namespace mfad::service {

/// What an assertion turned out to be.
struct PasskeyVerdict {
    std::optional<platform::WebauthnFault> fault; ///< nothing: it is right
    bool malformed = false; ///< what was sent is not what a browser makes: no attempt at all
    std::size_t slot = 0;
    platform::Assertion assertion;
    Passkey passkey;

    /// `amr` (RFC 8176): a key that cannot leave its hardware or one that may, a person who was
    /// there, and who showed that it is his.
    std::vector<std::string> methods() const;
    /// Whether it is worth more than AAL1.
    bool strong() const { return passkey.strong && assertion.user_verified; }
};

/// @param fields of `store::FactorStore::passkeys`
/// @param challenges any of which may have been signed
/// @param user_known without the assertion; if not, it has to hold his user handle
PasskeyVerdict verify_passkey(
    const platform::AssertionCredential& credential, std::span<const std::string> fields,
    std::span<const std::string> challenges, const domain::RelyingParty& party,
    const domain::UserRef& user, Vault& vault, bool user_known = true);

/// A PublicKeyCredentialRequestOptionsJSON for the passkeys that are good at `party`.
std::string passkey_options(
    std::string challenge, std::span<const Passkey> passkeys, const domain::RelyingParty& party);

} // namespace mfad::service
