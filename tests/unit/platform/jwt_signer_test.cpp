#include "mfad/platform/jwt_signer.hpp"

#include "jwt_verdict.hpp"
#include "key_files.hpp"
#include "mfad/platform/encoding.hpp"
#include "signing_key.hpp"
#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace mfad::platform;
using namespace std::chrono_literals;
using namespace mfad::test;
namespace json = boost::json;

namespace {

const UnixMillis now{1'700'000'000'000ms};

/// What `rules` accept.
constexpr std::string_view claims =
    R"({"iss":"https://idp.example","aud":"mfa-server","sub":"7","iat":1700000000,"exp":1700000060})";

Keys published(const JwtSigner& signer, UnixMillis when) {
    const auto set = JwkSet::parse(signer.key_set(when));
    if (!set) return {}; // without a key it is no set
    return {set->keys().begin(), set->keys().end()};
}

std::string kid_of(const std::string& token) {
    return std::string(parse_jwt(token)->kid());
}

/// The thumbprint that a public key has in jwk-thumbprint.json.
std::string thumbprint_of(const json::value& jwk) {
    const json::value file = read_vectors("jwk-thumbprint.json");
    for (const auto& vector : file.at("vectors").as_array())
        if (const auto* x = vector.at("jwk").as_object().if_contains("x"))
            if (*x == jwk.at("x")) return text(vector, "expectedSha256");
    throw std::runtime_error("no thumbprint of this key");
}

} // namespace

BOOST_AUTO_TEST_SUITE(jwt_signer_tests)

BOOST_AUTO_TEST_CASE(keys_of_the_rfcs_have_their_public_parts_names_and_signatures) {
    int tried = 0;
    const json::value file = read_vectors("jws-rfc.json");
    for (const auto& vector : file.at("vectors").as_array()) {
        const auto alg = jwt_alg(text(vector, "alg"));
        if (alg != JwtAlg::es256 && alg != JwtAlg::eddsa) continue;
        ++tried;
        const json::value& theirs = vector.at("jwk");
        const SigningKey key(*alg, *from_base64url(text(theirs, "d")));
        const json::value ours = json::parse(key.jwk());
        for (const auto* member : {"kty", "crv", "x", "y"})
            if (const auto* value = theirs.as_object().if_contains(member))
                BOOST_TEST(ours.at(member) == *value);
        BOOST_TEST(!ours.as_object().contains("d"));
        BOOST_TEST(ours.at("alg") == vector.at("alg"));
        BOOST_TEST(ours.at("use") == "sig");
        BOOST_TEST(key.kid() == thumbprint_of(theirs));
        BOOST_TEST(text(ours, "kid") == key.kid());

        const std::string compact = text(vector, "compact");
        const std::string message = compact.substr(0, compact.rfind('.'));
        const std::string signature = key.sign(message);
        BOOST_TEST(signature.size() == 64U);
        BOOST_TEST(JwtKey::from_jwk(theirs.as_object())->verifies(message, signature));
        if (alg == JwtAlg::eddsa) // the same each time (RFC 8032)
            BOOST_TEST(base64url(signature) == compact.substr(compact.rfind('.') + 1));
    }
    BOOST_TEST(tried == 2);
}

/// One signature in 128 has an r or s with a zero in front, which DER drops and JWS does not.
BOOST_AUTO_TEST_CASE(every_signature_has_64_bytes_and_is_good) {
    const Secret secret = new_signing_secret(JwtAlg::es256);
    const SigningKey key(JwtAlg::es256, secret.reveal());
    const auto check = JwtKey::from_jwk(json::parse(key.jwk()).as_object());
    int short_ones = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::string message = std::to_string(i);
        const std::string signature = key.sign(message);
        BOOST_TEST_REQUIRE(signature.size() == 64U);
        BOOST_TEST_REQUIRE(check->verifies(message, signature));
        BOOST_TEST_REQUIRE(!check->verifies(message + "x", signature));
        if (signature[0] == '\0' || signature[32] == '\0') ++short_ones;
    }
    BOOST_TEST(short_ones > 0); // 7.8 expected: none comes once in 2500 runs
}

BOOST_AUTO_TEST_CASE(one_key_signs_on_many_threads) {
    for (const JwtAlg alg : {JwtAlg::es256, JwtAlg::eddsa}) {
        const Secret secret = new_signing_secret(alg);
        const SigningKey key(alg, secret.reveal());
        const auto check = JwtKey::from_jwk(json::parse(key.jwk()).as_object());
        std::atomic<int> bad = 0;
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < 200; ++i) {
                    const std::string message = std::to_string(t) + "." + std::to_string(i);
                    try {
                        if (!check->verifies(message, key.sign(message))) ++bad;
                    } catch (const std::exception&) {
                        ++bad;
                    }
                }
            });
        threads.clear();
        BOOST_TEST(bad == 0);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_private_key_is_refused) {
    const std::string one = std::string(31, '\0') + '\1';
    const std::string order =
        *from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    std::string last = order;
    last.back() = static_cast<char>(last.back() - 1);
    BOOST_TEST(is_signing_secret(JwtAlg::es256, one));
    BOOST_TEST(is_signing_secret(JwtAlg::es256, last));
    BOOST_TEST(!is_signing_secret(JwtAlg::es256, order));
    BOOST_TEST(!is_signing_secret(JwtAlg::es256, std::string(32, '\0')));
    BOOST_TEST(!is_signing_secret(JwtAlg::es256, std::string(32, '\xff')));
    BOOST_TEST(!is_signing_secret(JwtAlg::es256, std::string(31, 'x')));
    BOOST_TEST(is_signing_secret(JwtAlg::eddsa, std::string(32, '\0'))); // a seed may be anything
    BOOST_TEST(!is_signing_secret(JwtAlg::eddsa, std::string(33, '\0')));
    BOOST_TEST(!is_signing_secret(JwtAlg::hs256, one));
    BOOST_CHECK_THROW(SigningKey(JwtAlg::es256, order), std::invalid_argument);
    BOOST_CHECK_THROW(new_signing_secret(JwtAlg::rs256), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_token_passes_our_own_verifier) {
    for (const JwtAlg alg : {JwtAlg::es256, JwtAlg::eddsa}) {
        KeyRing ring = KeyRing::generate(now);
        ring.add(KeyUse::sign, now, alg);
        const JwtSigner signer(ring);
        const std::string token = *signer.sign(claims, now + 1h);
        const auto parts = parse_jwt(token);
        BOOST_TEST_REQUIRE(parts.has_value());
        BOOST_CHECK(parts->alg() == alg);
        BOOST_TEST(parts->typ().value() == "JWT");
        BOOST_TEST(verdict(token, published(signer, now), rules()) == "accept");
        const JwtSigner other(KeyRing::generate(now));
        BOOST_TEST(verdict(token, published(other, now), rules()) == "unknown_kid");
    }
}

BOOST_AUTO_TEST_CASE(a_new_key_is_published_at_once_and_signs_later) {
    KeyRing ring = KeyRing::generate(now - 1h);
    const std::string old_kid = ring.list(now)[2].kid;
    ring.add(KeyUse::sign, now);
    const std::string new_kid = ring.list(now)[3].kid;
    const JwtSigner signer(ring);
    BOOST_TEST(published(signer, now).size() == 2U);
    BOOST_TEST(kid_of(*signer.sign(claims, now)) == old_kid);
    BOOST_TEST(kid_of(*signer.sign(claims, now + 10min - 1ms)) == old_kid);
    BOOST_TEST(kid_of(*signer.sign(claims, now + 10min)) == new_kid);
    BOOST_TEST(published(signer, now + 24h).size() == 2U); // until somebody retires it
}

BOOST_AUTO_TEST_CASE(a_retired_key_is_published_until_its_last_token_has_expired) {
    KeyRing ring = KeyRing::generate(now - 1h);
    ring.add(KeyUse::sign, now);
    const std::string token = *JwtSigner(ring).sign(claims, now);
    ring.retire(3, now + 20min);
    const JwtSigner signer(ring);
    BOOST_TEST(kid_of(*signer.sign(claims, now + 20min)) != kid_of(token));
    BOOST_TEST(verdict(token, published(signer, now + 20min), rules()) == "accept");
    BOOST_TEST(published(signer, now + 85min - 1ms).size() == 2U);
    BOOST_TEST(published(signer, now + 85min).size() == 1U);
}

BOOST_AUTO_TEST_CASE(without_a_signing_key_nothing_is_signed) {
    std::string content = content_of(MFAD_TEST_DATA "/keys/known.json");
    const auto comma = content.rfind(",\n{");
    content.erase(comma, content.rfind('\n', content.size() - 3) - comma);
    const PrivateDir dir;
    const JwtSigner signer(KeyRing::load(write_key_file(dir, content)));
    BOOST_TEST(!signer.sign(claims, now));
    BOOST_TEST(signer.key_set(now) == R"({"keys":[]})");
}

BOOST_AUTO_TEST_SUITE_END()
