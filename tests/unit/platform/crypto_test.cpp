#include "mfad/platform/crypto.hpp"

#include "mfad/platform/encoding.hpp"
#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::platform;
using mfad::test::read_vectors;
using mfad::test::text;

BOOST_AUTO_TEST_SUITE(crypto_tests)

BOOST_AUTO_TEST_CASE(sha256_and_hmac_give_the_published_digests) {
    BOOST_TEST(
        hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231, test case 2.
    BOOST_TEST(
        hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

// Test case 2 of RFC 2202 and of RFC 4231; then keys over the hash's block of 64 or 128 bytes.
BOOST_AUTO_TEST_CASE(hmac_gives_the_published_digests_with_each_hash) {
    const auto digest = [](HmacHash hash, std::string_view key, std::string_view bytes) {
        return hex(hmac(hash, key, bytes));
    };
    constexpr std::string_view what = "what do ya want for nothing?";
    const auto sha512 =
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a"
        "994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
    BOOST_TEST(digest(HmacHash::sha1, "Jefe", what) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    BOOST_TEST(
        digest(HmacHash::sha256, "Jefe", what) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    BOOST_TEST(digest(HmacHash::sha512, "Jefe", what) == sha512);
    BOOST_TEST(
        digest(
            HmacHash::sha1, std::string(80, '\xaa'),
            "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    BOOST_TEST(digest(HmacHash::sha512, "Jefe", what) == sha512); // contexts are used again
}

BOOST_AUTO_TEST_CASE(hkdf_gives_rfc_5869_and_wycheproof_outputs) {
    const auto vectors = read_vectors("aead-hkdf.json");
    int seen = 0;
    for (const auto& v : vectors.at("hkdfSha256").as_array()) {
        if (v.as_object().contains("expected") && text(v, "expected") != "accept") continue;
        const auto out = hkdf_sha256(
            *from_hex(text(v, "ikm")), *from_hex(text(v, "salt")), *from_hex(text(v, "info")),
            static_cast<std::size_t>(v.at("L").to_number<int>()));
        BOOST_TEST(hex(out) == text(v, "okm"));
        ++seen;
    }
    BOOST_TEST(seen > 10);
}

BOOST_AUTO_TEST_CASE(gcm_opens_what_wycheproof_accepts_and_nothing_else) {
    const auto vectors = read_vectors("aead-hkdf.json");
    int accepted = 0;
    int rejected = 0;
    for (const auto& v : vectors.at("aes256gcm").as_array()) {
        const auto iv = *from_hex(text(v, "iv"));
        if (iv.size() != 12) continue;
        Aead aead(*from_hex(text(v, "key")));
        const auto sealed = iv + *from_hex(text(v, "ct")) + *from_hex(text(v, "tag"));
        const auto plain = aead.open(sealed, *from_hex(text(v, "aad")));
        if (text(v, "expected") == "accept") {
            BOOST_TEST(plain.value() == *from_hex(text(v, "msg")));
            ++accepted;
        } else {
            BOOST_TEST(!plain);
            ++rejected;
        }
    }
    BOOST_TEST(accepted > 10);
    BOOST_TEST(rejected > 10);
}

BOOST_AUTO_TEST_CASE(a_sealed_value_opens_only_in_its_place) {
    Aead aead(random_bytes(Aead::key_size));
    const auto sealed = aead.seal("secret", "acme/42/email");
    BOOST_TEST(aead.open(sealed, "acme/42/email").value() == "secret");
    BOOST_TEST(!aead.open(sealed, "acme/43/email"));
    BOOST_TEST(!aead.open(sealed.substr(0, Aead::overhead - 1), "acme/42/email"));
    Aead other(random_bytes(Aead::key_size));
    BOOST_TEST(!other.open(sealed, "acme/42/email"));
    BOOST_TEST(aead.seal("secret", "p") != aead.seal("secret", "p"));
    BOOST_CHECK_THROW(Aead("short"), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(random_below_is_uniform) {
    // Chi-square over ten classes, 9 degrees of freedom: above 40 once in 10^5 runs.
    std::array<int, 10> seen{};
    constexpr int draws = 100'000;
    for (int i = 0; i < draws; ++i)
        ++seen[random_below(10)];
    double chi = 0;
    for (const int n : seen)
        chi += (n - draws / 10.0) * (n - draws / 10.0) / (draws / 10.0);
    BOOST_TEST(chi < 40);
    BOOST_TEST(random_below(1) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
