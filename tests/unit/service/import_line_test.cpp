#include "mfad/service/import.hpp"

#include "mfad/platform/encoding.hpp"
#include "mfad/service/transfer_key.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <vector>

using namespace mfad;
using namespace mfad::service;

namespace {

const std::vector<std::string>& good_lines() {
    static const std::vector<std::string> lines{
        R"({"factors":{"tenant":"acme","user":"42","email":{"failures":3},)"
        R"("totp":{"secret":"JBSWY3DPEHPK3PXP","digits":8,"period":60,"last_step":7,"drift":-2,)"
        R"("label":"phone","created_at":"2024-01-02T03:04:05Z","strong":true},)"
        R"("recovery_codes":{"hashes":["$2b$04$abcdefghijklmnopqrstuuZ3Yt8YvHRtqUqKkqHvfYcTnTXxLm1nK"]}}})",
        R"({"factors":{"tenant":"acme","user":"42",)"
        R"("totp":{"uri":"otpauth://totp/Acme:ada?secret=JBSWY3DPEHPK3PXP&issuer=Acme"}}})",
        R"({"otpauth_migration":{"tenant":"acme","users":{"a":"1","b":null},)"
        R"("uri":"otpauth-migration://offline?data=ChwKCkhlbGxvISHerb4SBGFkYSAaBEFjbWUgASgBMAI="}})",
        R"({"user":{"tenant":"acme","id":"42","email":"ada@acme.example","email_verified":true,)"
        R"("mfa":{"allowed":["email"],"own_setting":false,"version":7}}})",
        R"({"tenant":{"id":"acme","xsolla":{"mfa_url":"https://a.example","priority":2}}})",
        R"({"sealed":{"of":"factors","key":"AAAAAAAAAAA","data":"AAAA"}})",
        R"({"encryption":{"id":"AAAAAAAAAAA","from":"key_file","salt":"AAAAAAAAAAAAAAAAAAAAAA"}})",
    };
    return lines;
}

/// Whatever comes: an answer, and no harm.
void read(const std::string& line) {
    TransferKeys keys({});
    const ImportPass pass = pass_of(line);
    if (pass == ImportPass::keys) {
        BOOST_TEST(!keys.add(line));
    } else if (is_sealed(line)) {
        BOOST_TEST(!keys.open(line));
    } else if (const auto parsed = read_import_line(line); !parsed) {
        BOOST_TEST(!parsed.error().why.empty());
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(import_line)

BOOST_AUTO_TEST_CASE(lines_go_to_their_pass) {
    BOOST_TEST((pass_of(good_lines()[0]) == ImportPass::factors));
    BOOST_TEST((pass_of(good_lines()[2]) == ImportPass::factors));
    BOOST_TEST((pass_of(good_lines()[3]) == ImportPass::users));
    BOOST_TEST((pass_of(good_lines()[4]) == ImportPass::tenants));
    BOOST_TEST((pass_of(good_lines()[5]) == ImportPass::factors));
    BOOST_TEST((pass_of(good_lines()[6]) == ImportPass::keys));
    BOOST_TEST((pass_of("") == ImportPass::users));
    BOOST_TEST((pass_of("[1]") == ImportPass::users));
}

BOOST_AUTO_TEST_CASE(an_app_is_read_with_all_that_is_known_of_it) {
    const auto line = read_import_line(good_lines()[0]);
    BOOST_REQUIRE(line);
    const auto& factors = std::get<ImportedFactors>(*line);
    BOOST_TEST(factors.user.user == "42");
    BOOST_REQUIRE(factors.totp);
    BOOST_TEST(factors.totp->key.secret.reveal() == "Hello!\xde\xad\xbe\xef");
    BOOST_TEST(factors.totp->key.parameters.digits == 8U);
    BOOST_TEST(factors.totp->key.parameters.period == 60U);
    BOOST_TEST(*factors.totp->last_step == 7);
    BOOST_TEST(*factors.totp->drift == -2);
    BOOST_TEST(*factors.totp->strong);
    BOOST_TEST(factors.email->count == 3U);
}

BOOST_AUTO_TEST_CASE(random_bytes_do_no_harm) {
    std::mt19937 random(20241127); // NOLINT: the same every time
    std::uniform_int_distribution<int> byte(0, 255);
    for (int i = 0; i < 3000; ++i) {
        std::string line(static_cast<std::size_t>(byte(random)), '\0');
        for (char& c : line)
            c = static_cast<char>(byte(random));
        read(line);
    }
}

BOOST_AUTO_TEST_CASE(changed_lines_do_no_harm) {
    std::mt19937 random(11); // NOLINT: the same every time
    for (const std::string& good : good_lines())
        for (int i = 0; i < 1500; ++i) {
            std::string line = good;
            std::uniform_int_distribution<std::size_t> place(0, line.size() - 1);
            for (int changes = 0; changes <= i % 4; ++changes)
                line[place(random)] = static_cast<char>(random());
            if (i % 5 == 0) line.resize(place(random));
            read(line);
        }
}

/// A payload of any bytes is read as a migration would be, in the line that brings it.
BOOST_AUTO_TEST_CASE(random_payloads_do_no_harm) {
    std::mt19937 random(7); // NOLINT: the same every time
    std::uniform_int_distribution<int> byte(0, 255);
    for (int i = 0; i < 5000; ++i) {
        // Often the beginning of an entry with a secret, so that more than the first byte counts.
        std::string payload = i % 2 == 0 ? std::string("\x0a\x1c\x0a\x0a", 4) : std::string();
        const auto size = static_cast<std::size_t>(byte(random) % 64);
        for (std::size_t at = 0; at < size; ++at)
            payload += static_cast<char>(byte(random));
        read(
            R"({"otpauth_migration":{"tenant":"acme","uri":"otpauth-migration://offline?data=)" +
            platform::base64(payload) + R"("}})");
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(transfer_key)

BOOST_AUTO_TEST_CASE(what_is_sealed_opens_with_the_same_secret_alone) {
    const auto secret_of = [](char c) {
        return TransferSecret{TransferSecret::Kind::key_file, platform::Secret(std::string(32, c))};
    };
    const TransferSecret right = secret_of('a'), wrong = secret_of('b');
    TransferKey key = TransferKey::make(right);
    const std::string line = R"({"factors":{"tenant":"acme"}})";
    const std::string sealed = key.seal("factors", line);
    BOOST_TEST(sealed.find("acme") == std::string::npos);
    BOOST_TEST(sealed_kind(sealed) == "factors");

    TransferKeys keys([&](TransferSecret::Kind) { return &right; });
    BOOST_TEST(!keys.open(sealed)); // before the line that says how
    BOOST_REQUIRE(keys.add(key.header()));
    const auto opened = keys.open(sealed);
    BOOST_REQUIRE(opened);
    BOOST_TEST(*opened == line);
    std::string displaced = sealed;
    displaced.replace(displaced.find("factors"), 7, "tenants");
    BOOST_TEST(!keys.open(displaced));

    TransferKeys others([&](TransferSecret::Kind) { return &wrong; });
    const auto refused = others.add(key.header());
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().why == "was not made with this key file");
}

BOOST_AUTO_TEST_CASE(a_passphrase_does_as_well) {
    const TransferSecret secret{
        TransferSecret::Kind::passphrase, platform::Secret("correct horse battery")};
    TransferKey key = TransferKey::make(secret);
    TransferKeys keys([&](TransferSecret::Kind kind) {
        return kind == TransferSecret::Kind::passphrase ? &secret : nullptr;
    });
    BOOST_REQUIRE(keys.add(key.header()));
    const auto other = keys.open(key.seal("tenant", "x"));
    BOOST_REQUIRE(other);
    BOOST_TEST(*other == "x");
}

BOOST_AUTO_TEST_CASE(a_key_file_is_32_bytes_in_base64) {
    BOOST_TEST(read_transfer_key_file(platform::base64(std::string(32, 'k')) + "\n").has_value());
    for (const std::string bad : {"", "c2hvcnQ=", "not base64"})
        BOOST_TEST(!read_transfer_key_file(bad).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
