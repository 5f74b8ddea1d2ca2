#include "mfad/platform/webauthn.hpp"

#include "webauthn_authenticator.hpp"
#include "webauthn_certificate_maker.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::platform;
using namespace mfad::test;
using namespace mfad::test::cbor;

namespace {

constexpr unsigned up = SoftAuthenticator::up;
constexpr unsigned uv = SoftAuthenticator::uv;
constexpr unsigned be = SoftAuthenticator::be;
constexpr unsigned bs = SoftAuthenticator::bs;
constexpr unsigned at = SoftAuthenticator::at;
constexpr unsigned ed = SoftAuthenticator::ed;

const std::string challenge(32, 'c');

template <class Expectations>
Expectations expectations() {
    Expectations expected;
    expected.challenge = challenge;
    expected.origins = {"https://example.org"};
    expected.rp_id = "example.org";
    return expected;
}

RegistrationExpectations registering() {
    auto expected = expectations<RegistrationExpectations>();
    expected.now = UnixMillis{std::chrono::seconds{CertificateMaker::now}};
    return expected;
}

AssertionExpectations asserting() {
    auto expected = expectations<AssertionExpectations>();
    expected.user_known = true;
    return expected;
}

template <class Result>
std::string verdict(const Result& result) {
    return result ? "accept" : std::string(to_string(result.error()));
}

RegistrationCredential unattested(const SoftAuthenticator& device, const std::string& data) {
    return {
        device.id,
        client_data("webauthn.create", challenge),
        attestation_object("none", map({}), data),
        {}};
}

/// With a packed statement of these certificates; without any, one by the device itself.
RegistrationCredential packed(
    const SoftAuthenticator& device, EVP_PKEY* signer, const std::vector<std::string>& x5c,
    std::int64_t alg = -7) {
    const auto json = client_data("webauthn.create", challenge);
    const auto data = device.attested_data(up | uv);
    std::vector<std::pair<std::string, std::string>> statement{
        {str("alg"), num(alg)}, {str("sig"), bin(sign_es256(signer, data + sha256(json)))}};
    std::vector<std::string> certificates;
    for (const auto& der : x5c)
        certificates.push_back(bin(der));
    if (!x5c.empty()) statement.emplace_back(str("x5c"), list(certificates));
    return {device.id, json, attestation_object("packed", map(statement), data), {}};
}

std::string of_flags(unsigned flags, const RegistrationExpectations& expected = registering()) {
    const SoftAuthenticator device;
    return verdict(verify_registration(unattested(device, device.attested_data(flags)), expected));
}

/// A device, its stored passkey, and its assertions.
struct SignedIn {
    SoftAuthenticator device;
    StoredPasskey stored{device.id, device.cose(), 0, false, "user-1"};

    AssertionCredential credential(
        unsigned flags = up | uv, std::string_view more_client_data = {},
        std::string_view prefix = {}) const {
        AssertionCredential made;
        made.id = device.id;
        made.client_data_json =
            concat(prefix, client_data("webauthn.get", challenge, more_client_data));
        made.authenticator_data = device.plain_data(flags);
        sign(made);
        return made;
    }
    void sign(AssertionCredential& made) const {
        made.signature = device.sign(made.authenticator_data + sha256(made.client_data_json));
    }
    std::string verdict_of(
        const AssertionCredential& made,
        const AssertionExpectations& expected = asserting()) const {
        return verdict(verify_assertion(made, stored, expected));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(webauthn_tests)

BOOST_AUTO_TEST_CASE(a_passkey_is_made_and_used) {
    SoftAuthenticator device;
    device.count = 0x01020304;
    const auto made = verify_registration(
        unattested(device, device.attested_data(up | uv | be | bs)), registering());
    BOOST_TEST_REQUIRE(verdict(made) == "accept");
    BOOST_TEST(made->credential_id == device.id);
    BOOST_TEST(made->public_key == device.cose());
    BOOST_TEST(made->sign_count == 0x01020304U);
    BOOST_TEST(made->aaguid == device.aaguid);
    BOOST_TEST((made->user_verified && made->backup_eligible && made->backed_up));
    BOOST_TEST((made->attestation == Attestation::none));

    SignedIn user;
    user.device.count = 7;
    const auto used = verify_assertion(user.credential(), user.stored, asserting());
    BOOST_TEST_REQUIRE(verdict(used) == "accept");
    BOOST_TEST(used->sign_count == 7U);
    BOOST_TEST((used->user_verified && !used->backup_eligible && !used->backed_up));
    BOOST_TEST(!used->counter_regressed);
}

BOOST_AUTO_TEST_CASE(flags_are_held_against_what_is_expected) {
    BOOST_TEST(of_flags(up | uv) == "accept");
    BOOST_TEST(of_flags(up) == "user_not_verified");
    BOOST_TEST(of_flags(uv) == "user_not_present");
    BOOST_TEST(of_flags(up | uv | bs) == "bs_without_be");
    auto expected = registering();
    expected.user_verification_required = false;
    BOOST_TEST(of_flags(up, expected) == "accept");
    expected.mediation = RegistrationExpectations::Mediation::conditional;
    BOOST_TEST(of_flags(0, expected) == "accept");
    expected.backup = BackupPolicy::device_bound;
    BOOST_TEST(of_flags(up | be, expected) == "backup_not_allowed");
    BOOST_TEST(of_flags(up, expected) == "accept");
}

BOOST_AUTO_TEST_CASE(models_are_held_against_the_lists) {
    const SoftAuthenticator device;
    const auto credential = unattested(device, device.attested_data(up | uv));
    auto expected = registering();
    expected.denied_aaguids = {device.aaguid};
    BOOST_TEST(verdict(verify_registration(credential, expected)) == "aaguid_not_allowed");
    expected.allowed_aaguids = {device.aaguid};
    BOOST_TEST(verdict(verify_registration(credential, expected)) == "aaguid_not_allowed");
    expected.denied_aaguids.clear();
    BOOST_TEST(verdict(verify_registration(credential, expected)) == "accept");
    expected.allowed_aaguids = {std::string(16, 'x')};
    BOOST_TEST(verdict(verify_registration(credential, expected)) == "aaguid_not_allowed");
}

BOOST_AUTO_TEST_CASE(authenticator_data_ends_where_it_says) {
    const SoftAuthenticator device;
    const auto of = [&](const std::string& data) {
        return verdict(verify_registration(unattested(device, data), registering()));
    };
    const auto whole = device.attested_data(up | uv);
    BOOST_TEST(of(whole) == "accept");
    BOOST_TEST(of(whole + '\0') == "authdata_trailing");
    BOOST_TEST(of(device.attested_data(up | uv | ed)) == "authdata_ext_cbor");
    BOOST_TEST(of(device.attested_data(up | uv | ed) + map({{str("a"), num(1)}})) == "accept");
    BOOST_TEST(of(device.attested_data(up | uv | ed) + num(1)) == "authdata_ext_not_map");
    BOOST_TEST(of(device.attested_data(up | uv | ed) + map({}) + map({})) == "authdata_trailing");
    BOOST_TEST(of(device.plain_data(up | uv)) == "no_attested_credential_data");
    BOOST_TEST(of(device.plain_data(up | uv | at)) == "authdata_short");
    for (std::size_t size = 0; size < whole.size(); ++size)
        BOOST_TEST_REQUIRE(of(whole.substr(0, size)) != "accept");
}

BOOST_AUTO_TEST_CASE(credential_ids_have_1_to_1023_bytes) {
    SoftAuthenticator device;
    device.id.clear();
    const auto of = [&] {
        return verdict(
            verify_registration(unattested(device, device.attested_data(up | uv)), registering()));
    };
    BOOST_TEST(of() == "credential_id_size");
    device.id.assign(1023, 'i');
    BOOST_TEST(of() == "accept");
    device.id.assign(1024, 'i');
    BOOST_TEST(of() == "credential_id_size");
}

BOOST_AUTO_TEST_CASE(sizes_are_bounded) {
    const SoftAuthenticator device;
    auto made = unattested(device, device.attested_data(up | uv));
    made.client_data_json.append(
        WebauthnCaps::client_data_json - made.client_data_json.size(), ' ');
    BOOST_TEST(verdict(verify_registration(made, registering())) == "accept");
    made.client_data_json.push_back(' ');
    BOOST_TEST(verdict(verify_registration(made, registering())) == "too_big");
    made = unattested(device, std::string(WebauthnCaps::authenticator_data + 1, 'x'));
    BOOST_TEST(verdict(verify_registration(made, registering())) == "too_big");
    made.attestation_object.assign(WebauthnCaps::attestation_object + 1, '\0');
    BOOST_TEST(verdict(verify_registration(made, registering())) == "too_big");

    const SignedIn user;
    auto used = user.credential();
    used.signature.assign(WebauthnCaps::signature + 1, 's');
    BOOST_TEST(user.verdict_of(used) == "too_big");
    used = user.credential();
    used.authenticator_data.assign(WebauthnCaps::authenticator_data + 1, 'a');
    BOOST_TEST(user.verdict_of(used) == "too_big");
    used = user.credential();
    used.user_handle = std::string(WebauthnCaps::user_handle + 1, 'u');
    BOOST_TEST(user.verdict_of(used) == "too_big");
}

BOOST_AUTO_TEST_CASE(client_data_is_read_as_the_standard_decodes_it) {
    const SignedIn user;
    BOOST_TEST(user.verdict_of(user.credential(up | uv, {}, "\xEF\xBB\xBF")) == "accept");
    BOOST_TEST(
        user.verdict_of(user.credential(up | uv, {}, "\xEF\xBB\xBF\xEF\xBB\xBF")) ==
        "client_data_json");
    BOOST_TEST(
        user.verdict_of(user.credential(up | uv, R"(,"crossOrigin":"false")")) ==
        "client_data_json");
    BOOST_TEST(
        user.verdict_of(user.credential(up | uv, R"(,"origin":"https://example.org")")) ==
        "client_data_json");
    BOOST_TEST(
        user.verdict_of(user.credential(up | uv, R"(,"new":{"deep":[1,{"er":null}]})")) ==
        "accept");
}

BOOST_AUTO_TEST_CASE(frames_of_other_origins_are_taken_where_they_are_expected) {
    const SignedIn user;
    const auto of = [&](std::string_view more, const AssertionExpectations& expected) {
        return user.verdict_of(user.credential(up | uv, more), expected);
    };
    const auto framed = R"(,"crossOrigin":true,"topOrigin":"https://host.example")";
    auto expected = asserting();
    BOOST_TEST(of(R"(,"crossOrigin":false)", expected) == "accept");
    BOOST_TEST(of(R"(,"crossOrigin":true)", expected) == "cross_origin_not_allowed");
    BOOST_TEST(of(framed, expected) == "cross_origin_not_allowed");
    BOOST_TEST(
        of(R"(,"topOrigin":"https://host.example")", expected) == "cross_origin_not_allowed");
    expected.cross_origin_allowed = true;
    BOOST_TEST(of(R"(,"crossOrigin":true)", expected) == "accept");
    BOOST_TEST(of(framed, expected) == "top_origin_mismatch");
    expected.top_origins = {"https://host.example"};
    BOOST_TEST(of(framed, expected) == "accept");
    BOOST_TEST(of(R"(,"crossOrigin":true,"topOrigin":7)", expected) == "top_origin_mismatch");
}

BOOST_AUTO_TEST_CASE(expectations_that_expect_nothing_match_nothing) {
    SignedIn user;
    auto expected = asserting();
    expected.challenge.clear();
    auto used = user.credential();
    used.client_data_json = client_data("webauthn.get", "");
    user.sign(used);
    BOOST_TEST(user.verdict_of(used, expected) == "challenge_mismatch");
    expected = asserting();
    expected.origins.clear();
    BOOST_TEST(user.verdict_of(user.credential(), expected) == "origin_mismatch");
    used = user.credential();
    used.id.clear();
    user.stored.credential_id.clear();
    BOOST_TEST(user.verdict_of(used) == "credential_not_found");
    user.stored = {user.device.id, user.device.cose(), 0, false, ""};
    used = user.credential();
    used.user_handle = "";
    BOOST_TEST(user.verdict_of(used) == "user_handle_mismatch");
}

BOOST_AUTO_TEST_CASE(an_assertion_is_of_the_user_that_it_is_for) {
    const SignedIn user;
    auto used = user.credential();
    auto expected = asserting();
    expected.allowed_credentials = {"another", user.device.id};
    BOOST_TEST(user.verdict_of(used, expected) == "accept");
    expected.allowed_credentials = {"another"};
    BOOST_TEST(user.verdict_of(used, expected) == "credential_not_allowed");
    expected.allowed_credentials.clear();

    used.user_handle = "user-2";
    BOOST_TEST(user.verdict_of(used, expected) == "user_handle_mismatch");
    used.user_handle = "user-1";
    BOOST_TEST(user.verdict_of(used, expected) == "accept");
    expected.user_known = false;
    BOOST_TEST(user.verdict_of(used, expected) == "accept");
    used.user_handle.reset();
    BOOST_TEST(user.verdict_of(used, expected) == "user_handle_missing");
}

BOOST_AUTO_TEST_CASE(a_counter_that_does_not_grow_is_refused_or_reported) {
    SignedIn user;
    user.stored.sign_count = 5;
    user.device.count = 5;
    BOOST_TEST(user.verdict_of(user.credential()) == "sign_count_regression");
    auto expected = asserting();
    expected.counter = CounterPolicy::report;
    const auto used = verify_assertion(user.credential(), user.stored, expected);
    BOOST_TEST_REQUIRE(verdict(used) == "accept");
    BOOST_TEST(used->counter_regressed);
    // Nobody without the key gets as far as that: an alarm is never a stranger's doing.
    auto forged = user.credential();
    forged.signature.back() = static_cast<char>(forged.signature.back() ^ 1);
    BOOST_TEST(user.verdict_of(forged) == "signature_invalid");
}

BOOST_AUTO_TEST_CASE(rules_of_counters_and_backup_flags) {
    static_assert(counter_is_plausible(0, 0) && counter_is_plausible(0, 1));
    static_assert(counter_is_plausible(5, 6) && counter_is_plausible(4294967294, 4294967295));
    static_assert(!counter_is_plausible(5, 5) && !counter_is_plausible(5, 4));
    static_assert(!counter_is_plausible(5, 0) && !counter_is_plausible(4294967295, 0));
    static_assert(
        backup_flags_are_plausible(true, true) && backup_flags_are_plausible(true, false));
    static_assert(backup_flags_are_plausible(false, false));
    static_assert(!backup_flags_are_plausible(false, true));
    static_assert(backup_eligibility_is_plausible(true, true));
    static_assert(!backup_eligibility_is_plausible(true, false));
    static_assert(!backup_eligibility_is_plausible(false, true));
    SignedIn user;
    BOOST_TEST(user.verdict_of(user.credential(up | uv | be)) == "be_changed");
    user.stored.backup_eligible = true;
    BOOST_TEST(user.verdict_of(user.credential(up | uv | be)) == "accept");
}

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
        verdict(verify_registration(unattested(device, device.attested_data(up | uv)), expected)) ==
        "attestation_untrusted");
}

BOOST_AUTO_TEST_CASE(statements_that_are_none_are_refused) {
    const SoftAuthenticator device;
    const auto of = [&](std::string_view format, const std::string& statement) {
        RegistrationCredential made = unattested(device, "");
        made.attestation_object =
            attestation_object(format, statement, device.attested_data(up | uv));
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
