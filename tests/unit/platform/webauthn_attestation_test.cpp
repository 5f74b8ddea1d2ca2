#include "webauthn_certificate_maker.hpp"
#include "webauthn_relying_party.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::platform;
using namespace mfad::test;
using namespace mfad::test::cbor;

namespace {

constexpr unsigned flags = SoftAuthenticator::up | SoftAuthenticator::uv;

/// With a packed statement of these certificates; without any, one by the device itself.
RegistrationCredential packed(
    const SoftAuthenticator& device, EVP_PKEY* signer, const std::vector<std::string>& x5c,
    std::int64_t alg = -7) {
    const auto json = client_data("webauthn.create", challenge);
    const auto data = device.attested_data(flags);
    std::vector<std::pair<std::string, std::string>> statement{
        {str("alg"), num(alg)}, {str("sig"), bin(sign_es256(signer, data + sha256(json)))}};
    std::vector<std::string> certificates;
    for (const auto& der : x5c)
        certificates.push_back(bin(der));
    if (!x5c.empty()) statement.emplace_back(str("x5c"), list(certificates));
    return {device.id, json, attestation_object("packed", map(statement), data), {}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(webauthn_attestation_tests)

BOOST_AUTO_TEST_CASE(a_device_may_vouch_for_itself) {
    const SoftAuthenticator device;
    const SoftAuthenticator other;
    const auto made = verify_registration(packed(device, device.key(), {}), registering());
    BOOST_TEST_REQUIRE(verdict(made) == "accept");
    BOOST_TEST((made->attestation == Attestation::self));
    const auto of = [](const RegistrationCredential& credential) {
        return verdict(verify_registration(credential, registering()));
    };
    BOOST_TEST(of(packed(device, other.key(), {})) == "attestation_signature_invalid");
    BOOST_TEST(of(packed(device, device.key(), {}, -8)) == "attestation_alg_mismatch");
    BOOST_TEST(of(packed(device, device.key(), {}, -65535)) == "attestation_alg_mismatch");
    auto expected = registering();
    expected.attestation = AttestationPolicy::trusted;
    BOOST_TEST(
        verdict(verify_registration(packed(device, device.key(), {}), expected)) ==
        "attestation_untrusted");
    BOOST_TEST(
        verdict(verify_registration(unattested(device, device.attested_data(flags)), expected)) ==
        "attestation_untrusted");
}

BOOST_AUTO_TEST_CASE(statements_that_are_none_are_refused) {
    const SoftAuthenticator device;
    const auto of = [&](std::string_view format, const std::string& statement) {
        RegistrationCredential made = unattested(device, "");
        made.attestation_object =
            attestation_object(format, statement, device.attested_data(flags));
        return verdict(verify_registration(made, registering()));
    };
    const auto alg = std::pair{str("alg"), num(-7)};
    const auto sig = std::pair{str("sig"), bin("s")};
    BOOST_TEST(of("packed", map({})) == "attestation_statement");
    BOOST_TEST(of("packed", map({alg})) == "attestation_statement");
    BOOST_TEST(of("packed", map({alg, {str("sig"), str("s")}})) == "attestation_statement");
    BOOST_TEST(of("packed", map({alg, sig, {str("x5c"), list({})}})) == "attestation_statement");
    BOOST_TEST(
        of("packed", map({alg, sig, {str("x5c"), list({str("a")})}})) == "attestation_statement");
    BOOST_TEST(of("packed", map({alg, sig, {str("x5c"), bin("a")}})) == "attestation_statement");
    BOOST_TEST(
        of("packed", map({alg, sig, {str("ecdaaKeyId"), bin("a")}})) == "attestation_statement");
    BOOST_TEST(
        of("packed", map({alg, sig, {str("x5c"), list({bin("a")})}})) == "attestation_certificate");
    BOOST_TEST(of("packed", list({})) == "attestation_object_fields");
    BOOST_TEST(of("tpm", map({})) == "fmt_unknown");
}

BOOST_AUTO_TEST_CASE(certificates_vouch_for_a_model) {
    const SoftAuthenticator device;
    const CertificateMaker maker;
    const auto credential = packed(device, maker.leaf_key(), {maker.leaf(), maker.intermediate()});
    auto expected = registering();
    const auto kind = [&] {
        const auto made = verify_registration(credential, expected);
        BOOST_TEST_REQUIRE(verdict(made) == "accept");
        return made->attestation;
    };
    BOOST_TEST((kind() == Attestation::basic));
    expected.trust_anchors = {"no certificate", CertificateMaker().root()};
    BOOST_TEST((kind() == Attestation::basic));
    expected.attestation = AttestationPolicy::trusted;
    BOOST_TEST(verdict(verify_registration(credential, expected)) == "attestation_untrusted");
    expected.trust_anchors.push_back(maker.root());
    BOOST_TEST((kind() == Attestation::trusted));
    expected.trust_anchors = {maker.intermediate()}; // a vendor may publish no more than that
    BOOST_TEST((kind() == Attestation::trusted));
    expected.now += std::chrono::hours(24 * 365 * 20);
    BOOST_TEST(verdict(verify_registration(credential, expected)) == "attestation_untrusted");
}

BOOST_AUTO_TEST_CASE(certificates_are_as_the_standard_wants_them) {
    const SoftAuthenticator device;
    const CertificateMaker maker;
    const auto of = [&](const LeafForm& form) {
        return verdict(verify_registration(
            packed(device, maker.leaf_key(), {maker.leaf(form), maker.intermediate()}),
            registering()));
    };
    BOOST_TEST(of({}) == "accept");
    BOOST_TEST(of({.unit = "Authenticator attestation"}) == "attestation_certificate");
    BOOST_TEST(of({.unit = ""}) == "attestation_certificate");
    BOOST_TEST(of({.country = ""}) == "attestation_certificate");
    BOOST_TEST(of({.organization = ""}) == "attestation_certificate");
    BOOST_TEST(of({.common_name = ""}) == "attestation_certificate");
    BOOST_TEST(of({.constraints = "critical,CA:TRUE"}) == "attestation_certificate");
    BOOST_TEST(of({.constraints = ""}) == "attestation_certificate");
    BOOST_TEST(of({.version = 0}) == "attestation_certificate");
    BOOST_TEST(of({.aaguid = concat("\x04\x10", device.aaguid)}) == "accept");
    BOOST_TEST(
        of({.aaguid = concat("\x04\x10", "another 16 bytes")}) == "attestation_aaguid_mismatch");
    BOOST_TEST(of({.aaguid = device.aaguid}) == "attestation_aaguid_mismatch");
    BOOST_TEST(
        of({.aaguid = concat("\x04\x10", device.aaguid), .aaguid_critical = true}) ==
        "attestation_aaguid_mismatch");
}

BOOST_AUTO_TEST_CASE(certificates_are_whole_and_few) {
    const SoftAuthenticator device;
    const CertificateMaker maker;
    const auto of = [&](const std::vector<std::string>& x5c, std::int64_t alg = -7) {
        return verdict(
            verify_registration(packed(device, maker.leaf_key(), x5c, alg), registering()));
    };
    BOOST_TEST(of({maker.leaf() + '\0'}) == "attestation_certificate");
    BOOST_TEST(of({maker.leaf().substr(1)}) == "attestation_certificate");
    BOOST_TEST(of({""}) == "attestation_certificate");
    BOOST_TEST(of({maker.leaf(), "x"}) == "attestation_certificate");
    BOOST_TEST(of(std::vector<std::string>(8, maker.leaf())) == "accept");
    BOOST_TEST(of(std::vector<std::string>(9, maker.leaf())) == "attestation_certificate");
    BOOST_TEST(of({maker.leaf()}, -257) == "attestation_signature_invalid"); // not an RSA key
    BOOST_TEST(of({maker.leaf()}, -35) == "attestation_signature_invalid");  // not on P-384
    BOOST_TEST(of({maker.leaf()}, -65535) == "attestation_alg_mismatch");
}

BOOST_AUTO_TEST_SUITE_END()
