#include "mfad/platform/webauthn.hpp"

#include "mfad/platform/cbor.hpp"
#include "mfad/platform/concat.hpp"
#include "mfad/platform/crypto.hpp"
#include "webauthn_attestation.hpp"
#include "webauthn_authenticator_data.hpp"
#include "webauthn_client_data.hpp"

#include <algorithm>

namespace mfad::platform {
namespace {

using Fault = std::optional<WebauthnFault>;

bool contains(const std::vector<std::string>& list, std::string_view bytes) {
    return std::ranges::find(list, bytes) != list.end();
}

WebauthnFault fault_of_key(CoseFault fault) {
    switch (fault) {
    case CoseFault::cbor: return WebauthnFault::authdata_cbor;
    case CoseFault::kty: return WebauthnFault::cose_kty;
    case CoseFault::alg_crv: return WebauthnFault::cose_alg_crv_mismatch;
    case CoseFault::member: return WebauthnFault::cose_member;
    case CoseFault::invalid: break;
    }
    return WebauthnFault::cose_key_invalid;
}

Fault check_new_credential(
    const AuthenticatorData& data, const RegistrationExpectations& expected) {
    const auto& allowed = expected.allowed_aaguids;
    if (contains(expected.denied_aaguids, data.aaguid) ||
        (!allowed.empty() && !contains(allowed, data.aaguid)))
        return WebauthnFault::aaguid_not_allowed;
    if (data.credential_id.empty() || data.credential_id.size() > WebauthnCaps::credential_id)
        return WebauthnFault::credential_id_size;
    return std::nullopt;
}

Registration registration(
    const AuthenticatorData& data, const CoseKey& key, Attestation attestation) {
    Registration made;
    made.credential_id = data.credential_id;
    made.public_key = data.public_key;
    made.alg = key.alg();
    made.sign_count = data.sign_count;
    made.user_verified = data.user_verified;
    made.backup_eligible = data.backup_eligible;
    made.backed_up = data.backed_up;
    made.aaguid = data.aaguid;
    made.attestation = attestation;
    return made;
}

/// Section 7.1 from rpIdHash on.
boost::system::result<Registration, WebauthnFault> verify_new_credential(
    const AttestationObject& object, const AuthenticatorData& data, std::string_view client_data,
    const RegistrationExpectations& expected) {
    const bool presence = expected.mediation == RegistrationExpectations::Mediation::ordinary;
    if (const auto fault = check_flags(data, expected, presence)) return *fault;
    if (expected.backup == BackupPolicy::device_bound && data.backup_eligible)
        return WebauthnFault::backup_not_allowed;
    const auto key = CoseKey::parse(data.public_key);
    if (!key) return fault_of_key(key.error());
    if (std::ranges::find(expected.algs, key->alg()) == expected.algs.end())
        return WebauthnFault::alg_not_allowed;
    const auto attestation = verify_attestation(object, data, *key, sha256(client_data), expected);
    if (!attestation) return attestation.error();
    if (const auto fault = check_new_credential(data, expected)) return *fault;
    return registration(data, *key, *attestation);
}

/// Section 7.2, the steps that find out whose passkey it is.
Fault check_owner(
    const AssertionCredential& credential, const StoredPasskey& stored,
    const AssertionExpectations& expected) {
    const auto& allowed = expected.allowed_credentials;
    if (!allowed.empty() && !contains(allowed, credential.id))
        return WebauthnFault::credential_not_allowed;
    if (credential.id.empty() || credential.id != stored.credential_id)
        return WebauthnFault::credential_not_found;
    const auto& handle = credential.user_handle;
    if (!handle && !expected.user_known) return WebauthnFault::user_handle_missing;
    if (handle && (handle->empty() || *handle != stored.user_handle))
        return WebauthnFault::user_handle_mismatch;
    return std::nullopt;
}

bool is_too_big(const AssertionCredential& credential) {
    return credential.id.size() > WebauthnCaps::credential_id ||
           credential.client_data_json.size() > WebauthnCaps::client_data_json ||
           credential.authenticator_data.size() > WebauthnCaps::authenticator_data ||
           credential.signature.size() > WebauthnCaps::signature ||
           credential.user_handle.value_or("").size() > WebauthnCaps::user_handle;
}

Fault verify_signature(const AssertionCredential& credential, const StoredPasskey& stored) {
    const auto key = CoseKey::parse(stored.public_key);
    if (!key) return fault_of_key(key.error());
    const auto signed_bytes =
        concat(credential.authenticator_data, sha256(credential.client_data_json));
    if (!key->verifies(signed_bytes, credential.signature)) return WebauthnFault::signature_invalid;
    return std::nullopt;
}

} // namespace

boost::system::result<Registration, WebauthnFault> verify_registration(
    const RegistrationCredential& credential, const RegistrationExpectations& expected) {
    if (credential.client_data_json.size() > WebauthnCaps::client_data_json ||
        credential.attestation_object.size() > WebauthnCaps::attestation_object)
        return WebauthnFault::too_big;
    if (const auto fault =
            check_client_data(credential.client_data_json, "webauthn.create", expected))
        return *fault;

    const auto document = CborDocument::parse(credential.attestation_object);
    if (!document) return WebauthnFault::attestation_object_cbor;
    const auto object = read_attestation_object(*document);
    if (!object) return object.error();
    const auto data = read_authenticator_data(object->authenticator_data, Ceremony::registration);
    if (!data) return data.error();
    if (!credential.id.empty() && credential.id != data->credential_id)
        return WebauthnFault::id_mismatch;
    return verify_new_credential(*object, *data, credential.client_data_json, expected);
}

boost::system::result<Assertion, WebauthnFault> verify_assertion(
    const AssertionCredential& credential, const StoredPasskey& stored,
    const AssertionExpectations& expected) {
    if (is_too_big(credential)) return WebauthnFault::too_big;
    if (const auto fault = check_owner(credential, stored, expected)) return *fault;
    if (const auto fault = check_client_data(credential.client_data_json, "webauthn.get", expected))
        return *fault;

    const auto data = read_authenticator_data(credential.authenticator_data, Ceremony::assertion);
    if (!data) return data.error();
    if (const auto fault = check_flags(*data, expected, true)) return *fault;
    if (!backup_eligibility_is_plausible(stored.backup_eligible, data->backup_eligible))
        return WebauthnFault::be_changed;
    if (const auto fault = verify_signature(credential, stored)) return *fault;

    const bool regressed = !counter_is_plausible(stored.sign_count, data->sign_count);
    if (regressed && expected.counter == CounterPolicy::refuse)
        return WebauthnFault::sign_count_regression;
    return Assertion{
        data->sign_count, data->user_verified, data->backup_eligible, data->backed_up, regressed};
}

} // namespace mfad::platform
