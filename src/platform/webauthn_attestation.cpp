#include "webauthn_attestation.hpp"

#include "mfad/platform/concat.hpp"
#include "webauthn_certificate.hpp"

#include <algorithm>
#include <array>

namespace mfad::platform {
namespace {

/// Those of the specification (section 8) that are not verified here.
constexpr std::array<std::string_view, 6> foreign_formats{
    "tpm", "android-key", "android-safetynet", "fido-u2f", "apple", "compound"};

using Verdict = boost::system::result<Attestation, WebauthnFault>;

/// Section 8.2.
struct PackedStatement {
    std::optional<CoseAlg> alg; ///< nothing: not served
    std::string_view signature;
    std::optional<std::vector<std::string_view>> certificates;
};

std::optional<std::vector<std::string_view>> byte_strings(CborValue list) {
    const auto elements = list.elements();
    if (!elements || elements->empty()) return std::nullopt;
    std::vector<std::string_view> strings;
    for (const auto element : *elements) {
        const auto bytes = element.bytes();
        if (!bytes) return std::nullopt;
        strings.push_back(*bytes);
    }
    return strings;
}

std::optional<PackedStatement> read_packed(CborValue map) {
    const auto alg = map.find("alg");
    const auto signature = map.find("sig");
    if (!alg || !alg->integer() || !signature || !signature->bytes()) return std::nullopt;
    PackedStatement statement;
    statement.alg = cose_alg(*alg->integer());
    statement.signature = *signature->bytes();
    if (map.find("ecdaaKeyId")) return std::nullopt; // of Level 1, in no use
    const auto certificates = map.find("x5c");
    if (!certificates) return statement;
    statement.certificates = byte_strings(*certificates);
    if (!statement.certificates) return std::nullopt;
    return statement;
}

Verdict verify_self(
    const PackedStatement& statement, const CoseKey& key, std::string_view signed_bytes) {
    if (statement.alg != key.alg()) return WebauthnFault::attestation_alg_mismatch;
    if (!key.verifies(signed_bytes, statement.signature))
        return WebauthnFault::attestation_signature_invalid;
    return Attestation::self;
}

Verdict verify_basic(
    const PackedStatement& statement, std::string_view aaguid, std::string_view signed_bytes,
    const RegistrationExpectations& expected) {
    const auto chain = AttestationCertificates::parse(*statement.certificates);
    if (!chain) return WebauthnFault::attestation_certificate;
    if (!statement.alg) return WebauthnFault::attestation_alg_mismatch;
    if (!chain->verifies(*statement.alg, signed_bytes, statement.signature))
        return WebauthnFault::attestation_signature_invalid;
    if (!chain->is_for_packed()) return WebauthnFault::attestation_certificate;
    if (!chain->allows_aaguid(aaguid)) return WebauthnFault::attestation_aaguid_mismatch;
    const bool trusted =
        !expected.trust_anchors.empty() && chain->lead_to(expected.trust_anchors, expected.now);
    return trusted ? Attestation::trusted : Attestation::basic;
}

Verdict verify_packed(
    const AttestationObject& object, const AuthenticatorData& data, const CoseKey& key,
    std::string_view client_data_hash, const RegistrationExpectations& expected) {
    const auto statement = read_packed(object.statement);
    if (!statement) return WebauthnFault::attestation_statement;
    if (statement->signature.size() > WebauthnCaps::signature) return WebauthnFault::too_big;
    const auto signed_bytes = concat(object.authenticator_data, client_data_hash);
    if (!statement->certificates) return verify_self(*statement, key, signed_bytes);
    return verify_basic(*statement, data.aaguid, signed_bytes, expected);
}

Verdict verify_statement(
    const AttestationObject& object, const AuthenticatorData& data, const CoseKey& key,
    std::string_view client_data_hash, const RegistrationExpectations& expected) {
    if (object.format == "none") {
        if (object.statement.size() != 0) return WebauthnFault::none_attstmt_not_empty;
        return Attestation::none;
    }
    if (object.format == "packed")
        return verify_packed(object, data, key, client_data_hash, expected);
    const bool foreign = std::ranges::find(foreign_formats, object.format) != foreign_formats.end();
    if (foreign && expected.attestation == AttestationPolicy::any_format) return Attestation::none;
    return WebauthnFault::fmt_unknown;
}

} // namespace

boost::system::result<AttestationObject, WebauthnFault> read_attestation_object(
    const CborDocument& document) {
    const auto root = document.root();
    const auto format = root.find("fmt");
    const auto statement = root.find("attStmt");
    const auto data = root.find("authData");
    if (!format || !format->text() || !statement || !statement->is_map() || !data || !data->bytes())
        return WebauthnFault::attestation_object_fields;
    return AttestationObject{*format->text(), *statement, *data->bytes()};
}

Verdict verify_attestation(
    const AttestationObject& object, const AuthenticatorData& data, const CoseKey& key,
    std::string_view client_data_hash, const RegistrationExpectations& expected) {
    const auto attestation = verify_statement(object, data, key, client_data_hash, expected);
    if (!attestation) return attestation;
    if (expected.attestation == AttestationPolicy::trusted && *attestation != Attestation::trusted)
        return WebauthnFault::attestation_untrusted;
    return attestation;
}

} // namespace mfad::platform
