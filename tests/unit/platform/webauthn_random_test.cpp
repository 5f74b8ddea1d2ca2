#include "webauthn_ceremony.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

using namespace mfad::platform;
using namespace mfad::test;

namespace {

constexpr std::uint32_t seed = 20261128; // fixed: a failure has to come again

/// Changes bytes of a text, or cuts, doubles or adds some; in a buffer of its own, so that the
/// sanitizer sees every read outside of it.
std::string changed(std::string bytes, std::mt19937& random) {
    for (auto n = 1 + random() % 3; n > 0 && !bytes.empty(); --n) {
        const auto at = random() % bytes.size();
        switch (random() % 6) {
        case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8)); break;
        case 1: bytes[at] = static_cast<char>(random()); break;
        case 2: bytes.erase(at, 1 + random() % 4); break;
        case 3: bytes.insert(at, 1, static_cast<char>(random())); break;
        case 4: bytes.resize(at); break;
        default: bytes.insert(at, bytes.substr(at, random() % 16));
        }
    }
    bytes.shrink_to_fit();
    return bytes;
}

std::string noise(std::mt19937& random) {
    std::string bytes(random() % 200, '\0');
    for (char& c : bytes)
        c = static_cast<char>(random());
    return bytes;
}

struct Registering {
    RegistrationCredential credential;
    RegistrationExpectations expected;

    explicit Registering(std::string_view id) {
        const auto v = published_case(id);
        const auto& ceremony = v.at("registration");
        credential = *parse_registration_credential(json::serialize(ceremony.at("response")));
        credential.id.clear();
        expected = registration_expectations(ceremony.at("expectations"));
    }
};

struct Asserting {
    AssertionCredential credential;
    StoredPasskey stored;
    AssertionExpectations expected;

    explicit Asserting(std::string_view id) {
        const auto v = published_case(id);
        const auto& ceremony = v.at("authentication");
        credential = *parse_assertion_credential(json::serialize(ceremony.at("response")));
        stored = stored_passkey(ceremony.at("stored"));
        expected = assertion_expectations(ceremony.at("expectations"));
    }
};

constexpr std::array published{"none-es256", "packed-self-es256", "packed-es256", "packed-eddsa"};

} // namespace

BOOST_AUTO_TEST_SUITE(webauthn_random_tests)

BOOST_AUTO_TEST_CASE(changed_attestation_objects_are_judged_without_harm) {
    std::mt19937 random(seed);
    for (const auto* const id : published) {
        const Registering good(id);
        BOOST_TEST_REQUIRE(verify_registration(good.credential, good.expected).has_value());
        for (int i = 0; i < 1500; ++i) {
            auto credential = good.credential;
            credential.attestation_object =
                i % 8 == 0 ? noise(random) : changed(good.credential.attestation_object, random);
            const auto made = verify_registration(credential, good.expected);
            if (!made) continue;
            // Nobody signs an unattested object, so a change may pass: but only within its limits.
            BOOST_TEST_REQUIRE(made->credential_id.size() <= WebauthnCaps::credential_id);
            BOOST_TEST_REQUIRE(CoseKey::parse(made->public_key).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(changed_statements_of_a_signed_registration_never_pass) {
    // What the signature covers is changed here, past the end of the statement.
    std::mt19937 random(seed + 1);
    for (const auto* const id : {"packed-self-es256", "packed-es256"}) {
        const Registering good(id);
        const auto& whole = good.credential.attestation_object;
        const auto data = whole.find("authData") + 8 + 2; // its head has two bytes
        for (int i = 0; i < 600; ++i) {
            auto credential = good.credential;
            auto& byte = credential.attestation_object[data + random() % (whole.size() - data)];
            byte = static_cast<char>(byte ^ (1 << random() % 8));
            if (verify_registration(credential, good.expected))
                BOOST_FAIL("seed " << seed << ", round " << i);
        }
    }
}

BOOST_AUTO_TEST_CASE(changed_client_data_never_passes_an_assertion) {
    std::mt19937 random(seed + 2);
    for (const auto* const id : published) {
        const Asserting good(id);
        BOOST_TEST_REQUIRE(
            verify_assertion(good.credential, good.stored, good.expected).has_value());
        for (int i = 0; i < 1500; ++i) {
            auto credential = good.credential;
            const bool in_client_data = i % 2 == 0;
            auto& bytes =
                in_client_data ? credential.client_data_json : credential.authenticator_data;
            const auto before = bytes;
            bytes = i % 16 < 2 ? noise(random) : changed(before, random);
            if (bytes == before) continue;
            if (verify_assertion(credential, good.stored, good.expected))
                BOOST_FAIL("seed " << seed << ", " << id << ", round " << i);
        }
    }
}

BOOST_AUTO_TEST_CASE(changed_signatures_and_keys_are_judged_without_harm) {
    std::mt19937 random(seed + 3);
    for (const auto* const id : published) {
        const Asserting good(id);
        for (int i = 0; i < 200; ++i) {
            auto credential = good.credential;
            credential.signature = changed(good.credential.signature, random);
            if (credential.signature != good.credential.signature)
                BOOST_TEST_REQUIRE(!verify_assertion(credential, good.stored, good.expected));
            auto stored = good.stored;
            stored.public_key = changed(good.stored.public_key, random);
            // The same key, perhaps: a change may hit what is passed over.
            (void)verify_assertion(good.credential, stored, good.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(changed_credentials_in_json_are_judged_without_harm) {
    std::mt19937 random(seed + 4);
    const auto v = published_case("packed-es256");
    const auto registration = json::serialize(v.at("registration").at("response"));
    const auto assertion = json::serialize(v.at("authentication").at("response"));
    for (int i = 0; i < 2000; ++i) {
        const auto one = parse_registration_credential(changed(registration, random));
        if (one) BOOST_TEST_REQUIRE(!one->id.empty());
        const auto other = parse_assertion_credential(changed(assertion, random));
        if (other) BOOST_TEST_REQUIRE(!other->id.empty());
        (void)parse_assertion_credential(noise(random));
    }
}

BOOST_AUTO_TEST_SUITE_END()
