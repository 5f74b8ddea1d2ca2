#include "mfad/platform/webauthn.hpp"

#include "webauthn_relying_party.hpp"

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

BOOST_AUTO_TEST_SUITE_END()
