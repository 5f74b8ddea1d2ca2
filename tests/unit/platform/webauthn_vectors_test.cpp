#include "webauthn_ceremony.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

using namespace mfad::platform;
using namespace mfad::test;
namespace json = boost::json;

namespace {

/// Formats whose statements are not verified; as `any_format` they count as `none`.
const std::set<std::string> foreign{"tpm", "android-key", "apple", "fido-u2f"};

const std::map<std::string, Attestation> attestations{
    {"none", Attestation::none}, {"self", Attestation::self}, {"basic", Attestation::trusted}};

boost::system::result<Registration, WebauthnFault> registered(
    const json::value& response, const RegistrationExpectations& expected) {
    const auto credential = parse_registration_credential(json::serialize(response));
    if (!credential) return credential.error();
    return verify_registration(*credential, expected);
}

boost::system::result<Assertion, WebauthnFault> asserted(
    const json::value& response, const StoredPasskey& stored,
    const AssertionExpectations& expected) {
    const auto credential = parse_assertion_credential(json::serialize(response));
    if (!credential) return credential.error();
    return verify_assertion(*credential, stored, expected);
}

template <class Result>
std::string verdict(const Result& result) {
    return result ? "accept" : std::string(to_string(result.error()));
}

std::string derived_verdict(const json::value& v) {
    if (text(v, "ceremony") == "registration")
        return verdict(
            registered(v.at("response"), registration_expectations(v.at("expectations"))));
    return verdict(asserted(
        v.at("response"), stored_passkey(v.at("stored")),
        assertion_expectations(v.at("expectations"))));
}

/// The label of the file in our words.
std::string expected_verdict(const json::value& v) {
    const auto& expected = v.at("expected");
    if (text(expected, "verdict") == "accept") return "accept";
    const auto reason = text(expected, "reason");
    if (reason == "cose_y") return "cose_member";
    if (reason == "credential_id_too_long") return "credential_id_size";
    // These statements are refused for their format, before anybody looks for the fault in them.
    const auto base = text(v, "base");
    if (base == "tpm-es256" || base == "apple-es256" || base == "fido-u2f-es256")
        return "fmt_unknown";
    return reason;
}

} // namespace

BOOST_AUTO_TEST_SUITE(webauthn_vectors_tests)

BOOST_AUTO_TEST_CASE(published_registrations_are_taken_with_all_that_they_say) {
    const auto file = read_vectors("webauthn.json");
    int taken = 0;
    for (const auto& v : file.at("cases").as_array()) {
        const auto format = text(v, "attestationFormat");
        const auto& ceremony = v.at("registration");
        auto expected = registration_expectations(ceremony.at("expectations"));
        expected.trust_anchors = {bytes(file, "attestationCaCertDer")};
        expected.now = UnixMillis{std::chrono::seconds{1'800'000'000}};
        BOOST_TEST_CONTEXT(text(v, "id")) {
            const bool is_foreign = foreign.contains(format);
            if (is_foreign) {
                BOOST_TEST(verdict(registered(ceremony.at("response"), expected)) == "fmt_unknown");
                expected.attestation = AttestationPolicy::any_format;
            }
            const auto made = registered(ceremony.at("response"), expected);
            BOOST_TEST_REQUIRE(verdict(made) == "accept");
            const auto& wanted = ceremony.at("expected");
            BOOST_TEST(base64url(made->credential_id) == text(v, "credentialId"));
            BOOST_TEST(base64url(made->public_key) == text(v, "publicKeyCose"));
            BOOST_TEST(static_cast<int>(made->alg) == v.at("coseAlg").as_int64());
            BOOST_TEST(hex(made->aaguid) == text(v, "aaguid"));
            BOOST_TEST(made->sign_count == wanted.at("signCount").as_int64());
            BOOST_TEST(made->user_verified == wanted.at("userVerified").as_bool());
            BOOST_TEST(made->backup_eligible == wanted.at("backupEligible").as_bool());
            BOOST_TEST(made->backed_up == wanted.at("backupState").as_bool());
            const auto attestation =
                is_foreign ? Attestation::none : attestations.at(text(v, "attestationType"));
            BOOST_TEST((made->attestation == attestation));
            ++taken;
        }
    }
    BOOST_TEST(taken == 15);
}

BOOST_AUTO_TEST_CASE(published_assertions_are_taken_with_all_that_they_say) {
    const auto file = read_vectors("webauthn.json");
    int taken = 0;
    for (const auto& v : file.at("cases").as_array()) {
        const auto& ceremony = v.at("authentication");
        const auto made = asserted(
            ceremony.at("response"), stored_passkey(ceremony.at("stored")),
            assertion_expectations(ceremony.at("expectations")));
        BOOST_TEST_CONTEXT(text(v, "id")) {
            BOOST_TEST_REQUIRE(verdict(made) == "accept");
            const auto& wanted = ceremony.at("expected");
            BOOST_TEST(made->sign_count == wanted.at("signCount").as_int64());
            BOOST_TEST(made->user_verified == wanted.at("userVerified").as_bool());
            BOOST_TEST(made->backed_up == wanted.at("backupState").as_bool());
            ++taken;
        }
    }
    BOOST_TEST(taken == 15);
}

BOOST_AUTO_TEST_CASE(every_derived_case_is_judged_for_its_reason) {
    const auto file = read_vectors("webauthn-derived.json");
    int accepted = 0;
    int rejected = 0;
    for (const auto& v : file.at("vectors").as_array()) {
        const auto outcome = derived_verdict(v);
        BOOST_TEST_CONTEXT(text(v, "id"))
        BOOST_TEST(outcome == expected_verdict(v));
        ++(outcome == "accept" ? accepted : rejected);
    }
    BOOST_TEST(accepted == 8);
    BOOST_TEST(rejected == 86);
}

BOOST_AUTO_TEST_SUITE_END()
