#include "passkey_attempt.hpp"

#include "mfad/platform/webauthn_json.hpp"

namespace mfad::service {
namespace {

using domain::RelyingParty;
using platform::AssertionCredential;
using platform::WebauthnFault;

/// Whether what was sent is no assertion in form, whoever sent it.
bool is_malformed(WebauthnFault fault) {
    switch (fault) {
    case WebauthnFault::too_big:
    case WebauthnFault::client_data_utf8:
    case WebauthnFault::client_data_json:
    case WebauthnFault::type_mismatch:
    case WebauthnFault::authdata_short:
    case WebauthnFault::unexpected_attested_credential_data:
    case WebauthnFault::authdata_ext_cbor:
    case WebauthnFault::authdata_ext_not_map:
    case WebauthnFault::authdata_trailing:
    case WebauthnFault::bs_without_be: return true;
    default: return false;
    }
}

platform::AssertionExpectations expectations(
    const RelyingParty& party, const Passkey& passkey, bool user_known) {
    platform::AssertionExpectations expected;
    expected.origins = party.origins;
    expected.rp_id = party.id;
    expected.user_verification_required =
        party.user_verification == platform::UserVerification::required;
    expected.allowed_credentials = {passkey.credential_id};
    expected.user_known = user_known;
    return expected;
}

platform::StoredPasskey stored(const Passkey& passkey) {
    return {
        passkey.credential_id, passkey.public_key, passkey.sign_count, passkey.backup_eligible,
        passkey.user_handle};
}

} // namespace

std::vector<std::string> PasskeyVerdict::methods() const {
    std::vector<std::string> methods{passkey.backup_eligible ? "swk" : "hwk", "user"};
    if (assertion.user_verified) methods.emplace_back("mfa");
    return methods;
}

PasskeyVerdict verify_passkey(
    const AssertionCredential& credential, std::span<const std::string> fields,
    std::span<const std::string> challenges, const RelyingParty& party, const domain::UserRef& user,
    Vault& vault, bool user_known) {
    PasskeyVerdict verdict;
    const auto slot = slot_of_passkey(fields, passkey_tag(credential.id));
    if (!slot) {
        verdict.fault = WebauthnFault::credential_not_found;
        return verdict;
    }
    verdict.slot = *slot;
    verdict.passkey = *open_passkey(fields[*slot], *slot, user, vault);
    platform::AssertionExpectations expected = expectations(party, verdict.passkey, user_known);
    const platform::StoredPasskey passkey = stored(verdict.passkey);
    verdict.fault = WebauthnFault::challenge_mismatch;
    // The challenge is looked at before anything that costs.
    for (const std::string& challenge : challenges) {
        expected.challenge = challenge;
        const auto assertion = platform::verify_assertion(credential, passkey, expected);
        verdict.fault.reset();
        if (assertion) {
            verdict.assertion = *assertion;
            break;
        }
        verdict.fault = assertion.error();
        if (assertion.error() != WebauthnFault::challenge_mismatch) break;
    }
    verdict.malformed = verdict.fault && is_malformed(*verdict.fault);
    return verdict;
}

std::string passkey_options(
    std::string challenge, std::span<const Passkey> passkeys, const RelyingParty& party) {
    platform::RequestOptions options;
    options.challenge = std::move(challenge);
    options.rp_id = party.id;
    options.user_verification = party.user_verification;
    for (const Passkey& passkey : passkeys)
        if (passkey.rp_id == party.id)
            options.allow.push_back({passkey.credential_id, passkey.transports});
    return platform::request_options_json(options);
}

} // namespace mfad::service
