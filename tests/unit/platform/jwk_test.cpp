#include "mfad/platform/jwk.hpp"

#include "mfad/platform/encoding.hpp"
#include "mfad/platform/jwt.hpp"
#include "vectors.hpp"

#include <boost/test/unit_test.hpp>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <set>

using namespace mfad::platform;
using mfad::test::read_vectors;
using mfad::test::text;
namespace json = boost::json;

namespace {

json::object object(std::string_view text) {
    return json::parse(text).as_object();
}

/// The refusal of a key; "" when it is taken.
std::string why(const json::object& jwk) {
    const auto key = JwtKey::from_jwk(jwk);
    return key ? "" : key.error().why;
}

std::string why_set(std::string_view text) {
    const auto set = JwkSet::parse(text);
    return set ? "" : set.error().why;
}

// RFC 7515 appendix A.1 to A.3, RFC 8037 appendix A.2.
const std::string oct_text =
    R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow","kid":"o"})";
const std::string rsa_text =
    R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB","kid":"r"})";
const std::string ec_text =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","kid":"e"})";
const std::string okp_text =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"d"})";

json::object with(std::string_view jwk, std::string_view name, const auto& value) {
    auto changed = object(jwk);
    changed[name] = json::value_from(value);
    return changed;
}

json::object without(std::string_view jwk, std::string_view name) {
    auto changed = object(jwk);
    changed.erase(name);
    return changed;
}

std::string set_of(std::initializer_list<std::string> keys) {
    std::string list;
    for (const auto& key : keys)
        list += (list.empty() ? "" : ",") + key;
    return R"({"keys":[)" + list + "]}";
}

std::string rsa_number(std::size_t bytes, char first = '\xc1', char last = '\xc1') {
    std::string number(bytes, '\x5b');
    number.front() = first;
    number.back() = last;
    return base64url(number);
}

/// A signer of ES256 made of OpenSSL's own parts, in the form that JWS wants.
class Es256Signer {
public:
    json::object jwk() const {
        return {
            {"kty", "EC"},
            {"crv", "P-256"},
            {"x", base64url(coordinate(OSSL_PKEY_PARAM_EC_PUB_X))},
            {"y", base64url(coordinate(OSSL_PKEY_PARAM_EC_PUB_Y))}};
    }

    std::string sign(std::string_view message) const {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{
            EVP_MD_CTX_new(), EVP_MD_CTX_free};
        std::array<unsigned char, 80> der{};
        std::size_t size = der.size();
        EVP_DigestSignInit_ex(
            context.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr);
        BOOST_TEST_REQUIRE(
            EVP_DigestSign(
                context.get(), der.data(), &size,
                reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1);
        const unsigned char* at = der.data();
        const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature{
            d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)), ECDSA_SIG_free};
        return padded(ECDSA_SIG_get0_r(signature.get())) +
               padded(ECDSA_SIG_get0_s(signature.get()));
    }

private:
    static std::string padded(const BIGNUM* number) {
        std::string bytes(32, '\0');
        BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), 32);
        return bytes;
    }

    std::string coordinate(const char* name) const {
        BIGNUM* number = nullptr;
        EVP_PKEY_get_bn_param(key_.get(), name, &number);
        const std::unique_ptr<BIGNUM, decltype(&BN_free)> owned{number, BN_free};
        return padded(number);
    }

    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_{EVP_EC_gen("P-256"), EVP_PKEY_free};
};

} // namespace

BOOST_AUTO_TEST_SUITE(jwk_tests)

BOOST_AUTO_TEST_CASE(a_key_without_alg_gets_the_one_of_its_type) {
    const auto alg = [](const std::string& text) { return JwtKey::from_jwk(object(text))->alg(); };
    BOOST_TEST(to_string(alg(oct_text)) == "HS256");
    BOOST_TEST(to_string(alg(rsa_text)) == "RS256");
    BOOST_TEST(to_string(alg(ec_text)) == "ES256");
    BOOST_TEST(to_string(alg(okp_text)) == "EdDSA");
    for (const auto* name :
         {"none", "None", "hs256", "HS384", "RS512", "PS256", "ES512", "ES256K", ""})
        BOOST_TEST(!jwt_alg(name));
}

BOOST_AUTO_TEST_CASE(keys_for_something_else_are_foreign) {
    const std::pair<json::object, std::string_view> cases[] = {
        {with(rsa_text, "alg", "RS512"), "its alg is not one of HS256, RS256, ES256, EdDSA"},
        {with(rsa_text, "alg", "PS256"), "its alg is not one of HS256, RS256, ES256, EdDSA"},
        {with(rsa_text, "alg", "RSA-OAEP"), "its alg is not one of HS256, RS256, ES256, EdDSA"},
        {with(oct_text, "alg", "A256KW"), "its alg is not one of HS256, RS256, ES256, EdDSA"},
        {with(oct_text, "alg", "none"), "its alg is not one of HS256, RS256, ES256, EdDSA"},
        {with(oct_text, "kty", "AKP"), "its kty is not one of oct, RSA, EC, OKP"},
        {with(ec_text, "crv", "P-521"), "its crv is not one of P-256, Ed25519"},
        {with(ec_text, "crv", "Ed25519"), "its crv is not one of P-256, Ed25519"},
        {with(okp_text, "crv", "X25519"), "its crv is not one of P-256, Ed25519"},
        {with(rsa_text, "use", "enc"), "its use is not sig"},
        {with(rsa_text, "key_ops", json::array{"encrypt", "wrapKey"}), "its key_ops lack verify"},
        {with(oct_text, "key_ops", json::array{}), "its key_ops lack verify"},
    };
    for (const auto& [jwk, expected] : cases) {
        const auto key = JwtKey::from_jwk(jwk);
        BOOST_TEST_REQUIRE(!key);
        BOOST_TEST(key.error().why == expected);
        BOOST_TEST(key.error().foreign);
    }
}

BOOST_AUTO_TEST_CASE(broken_keys_are_refused_by_what_is_wrong) {
    const std::pair<json::object, std::string_view> cases[] = {
        {without(ec_text, "kty"), "kty is missing"},
        {with(ec_text, "kty", 5), "kty is not a string"},
        {with(ec_text, "alg", json::array{"ES256"}), "alg is not a string"},
        {with(ec_text, "alg", "RS256"), "its alg does not go with its kty and crv"},
        {with(ec_text, "alg", "HS256"), "its alg does not go with its kty and crv"},
        {with(rsa_text, "alg", "HS256"), "its alg does not go with its kty and crv"},
        {with(oct_text, "alg", "RS256"), "its alg does not go with its kty and crv"},
        {with(ec_text, "use", 1), "use is not a string"},
        {with(ec_text, "key_ops", "verify"), "key_ops is not an array"},
        {with(ec_text, "kid", 7), "kid is not a string"},
        {with(ec_text, "kid", std::string(129, 'k')), "kid is over 128 bytes"},
        {without(ec_text, "crv"), "crv is missing"},
        {without(ec_text, "x"), "x is missing"},
        {with(ec_text, "y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0="), "y is not base64url"},
        {with(ec_text, "y", base64url(std::string(31, 'y'))),
         "P-256 coordinates that are not 32 bytes each"},
        {with(ec_text, "y", base64url(std::string(32, 'y'))), "a point that is not on P-256"},
        {with(okp_text, "x", base64url(std::string(33, 'x'))),
         "an Ed25519 key that is not 32 bytes"},
        {with(oct_text, "k", base64url(std::string(31, 'k'))), "a secret under 32 bytes"},
        {with(oct_text, "k", ""), "a secret under 32 bytes"},
        {with(rsa_text, "n", rsa_number(255)), "an RSA key under 2048 bits"},
        {with(rsa_text, "n", rsa_number(256, '\x7f')), "an RSA key under 2048 bits"},
        {with(rsa_text, "n", rsa_number(1025)), "an RSA key over 8192 bits"},
        {with(rsa_text, "n", rsa_number(4000)), "an RSA key over 8192 bits"},
        {with(rsa_text, "n", rsa_number(256, '\xc1', '\xc2')), "an even RSA modulus"},
        {with(rsa_text, "e", ""), "an RSA exponent that is even or under 3"},
        {with(rsa_text, "e", "AQ"), "an RSA exponent that is even or under 3"},
        {with(rsa_text, "e", "Ag"), "an RSA exponent that is even or under 3"},
        {with(rsa_text, "e", "AQAA"), "an RSA exponent that is even or under 3"},
        {with(rsa_text, "e", rsa_number(9)), "an RSA exponent over 64 bits"},
        {with(rsa_text, "e", rsa_number(1032)), "an RSA exponent over 64 bits"},
    };
    for (const auto& [jwk, expected] : cases) {
        const auto key = JwtKey::from_jwk(jwk);
        BOOST_TEST_REQUIRE(!key);
        BOOST_TEST(key.error().why == expected);
        BOOST_TEST(!key.error().foreign);
    }
}

BOOST_AUTO_TEST_CASE(what_is_at_the_edge_of_the_limits_is_taken) {
    for (const auto& jwk :
         {with(rsa_text, "n", rsa_number(256, '\x81')), with(rsa_text, "n", rsa_number(1024)),
          with(rsa_text, "e", "Aw"), with(rsa_text, "e", rsa_number(8)),
          with(oct_text, "k", base64url(std::string(32, 'k'))),
          with(ec_text, "kid", std::string(128, 'k')), with(ec_text, "use", "sig"),
          with(ec_text, "key_ops", json::array{"sign", "verify"}), with(okp_text, "alg", "EdDSA")})
        BOOST_TEST(why(jwk) == "");
}

BOOST_AUTO_TEST_CASE(a_secret_of_at_least_32_bytes_is_a_key) {
    const auto key = JwtKey::from_secret(std::string(32, 's'), "k1");
    BOOST_TEST_REQUIRE(key.has_value());
    BOOST_TEST(to_string(key->alg()) == "HS256");
    BOOST_TEST(key->kid() == "k1");
    BOOST_TEST(JwtKey::from_secret(std::string(31, 's')).error().why == "a secret under 32 bytes");
    BOOST_TEST(
        JwtKey::from_secret(std::string(32, 's'), std::string(129, 'k')).error().why ==
        "kid is over 128 bytes");
    BOOST_TEST(JwtKey::from_secret(std::string(32, 's'))->kid() == "");
}

BOOST_AUTO_TEST_CASE(thumbprints_are_those_of_rfc_7638) {
    int seen = 0;
    const auto file = read_vectors("jwk-thumbprint.json");
    for (const auto& v : file.at("vectors").as_array()) {
        const auto& jwk = v.at("jwk").as_object();
        const auto key = JwtKey::from_jwk(jwk);
        if (jwk.contains("crv") && text(v.at("jwk"), "crv") == "P-521") {
            BOOST_TEST(key.error().foreign); // no key that is served, so none that needs a name
            continue;
        }
        BOOST_TEST(key->thumbprint() == text(v, "expectedSha256"));
        ++seen;
    }
    BOOST_TEST(seen == 4);
}

BOOST_AUTO_TEST_CASE(one_key_has_one_thumbprint_however_it_is_dressed) {
    const auto print = [](const json::object& jwk) { return JwtKey::from_jwk(jwk)->thumbprint(); };
    const auto plain = print(object(rsa_text));
    const auto n = *from_base64url(text(json::parse(rsa_text), "n"));
    BOOST_TEST(print(with(rsa_text, "kid", "another")) == plain);
    BOOST_TEST(print(with(rsa_text, "use", "sig")) == plain);
    BOOST_TEST(print(with(rsa_text, "d", "AQAB")) == plain);
    BOOST_TEST(print(with(rsa_text, "n", base64url('\0' + n))) == plain);
    BOOST_TEST(print(with(rsa_text, "e", "Aw")) != plain);
    BOOST_TEST(print(object(ec_text)) != print(object(okp_text)));
    const std::string secret = *from_base64url(text(json::parse(oct_text), "k"));
    BOOST_TEST(JwtKey::from_secret(secret, "x")->thumbprint() == print(object(oct_text)));
    BOOST_TEST(JwtKey::from_secret(secret + "x")->thumbprint() != print(object(oct_text)));
}

BOOST_AUTO_TEST_CASE(a_set_finds_keys_by_kid) {
    const auto set = JwkSet::parse(set_of({rsa_text, ec_text, okp_text}));
    BOOST_TEST_REQUIRE(set.has_value());
    BOOST_TEST(set->keys().size() == 3U);
    BOOST_TEST(to_string(set->find("e")->alg()) == "ES256");
    BOOST_TEST(!set->find("x"));
    BOOST_TEST(!set->find("E"));
    BOOST_TEST(!set->find("")); // which of the three?
    const auto lone = JwkSet::parse(set_of({ec_text}));
    BOOST_TEST(lone->find("") == lone->find("e"));
    BOOST_TEST(!lone->find("x"));
}

BOOST_AUTO_TEST_CASE(a_set_passes_over_foreign_keys) {
    const auto set = JwkSet::parse(set_of(
        {json::serialize(with(rsa_text, "alg", "RS512")),
         json::serialize(with(oct_text, "alg", "A256KW")),
         json::serialize(with(ec_text, "use", "enc")), R"({"kty":"new"})", ec_text}));
    BOOST_TEST_REQUIRE(set.has_value());
    BOOST_TEST(set->keys().size() == 1U);
    BOOST_TEST(to_string(set->find("e")->alg()) == "ES256");
}

BOOST_AUTO_TEST_CASE(a_set_that_cannot_be_trusted_is_refused_whole) {
    std::string list;
    for (int i = 0; i < 65; ++i)
        list += (i ? "," : "") + json::serialize(with(okp_text, "kid", std::to_string(i)));
    const std::pair<std::string, std::string_view> cases[] = {
        {"", "not a JSON object, or one with duplicate members"},
        {"[]", "not a JSON object, or one with duplicate members"},
        {R"({"keys":[],"keys":[]})", "not a JSON object, or one with duplicate members"},
        {R"({"keys":[{"kty":"oct","kty":"EC"}]})",
         "not a JSON object, or one with duplicate members"},
        {"{}", "no array named keys"},
        {R"({"keys":{}})", "no array named keys"},
        {R"({"keys":[]})", "no key that can be used"},
        {R"({"keys":[7]})", "key 1: not an object"},
        {set_of({R"({"kty":"new"})"}), "no key that can be used"},
        {set_of({ec_text, ec_text}), "key 2: its kid is that of another key"},
        {set_of({ec_text, json::serialize(without(ec_text, "x"))}), "key 2: x is missing"},
        {set_of({oct_text, ec_text}), "key 2: secrets and public keys in one set"},
        {set_of({okp_text, rsa_text, oct_text}), "key 3: secrets and public keys in one set"},
        {R"({"keys":[)" + list + "]}", "key 65: more than 64 keys"},
        {set_of({ec_text}) + std::string(JwkSet::max_json_bytes, ' '), "a key set over 256 KiB"},
    };
    for (const auto& [text, expected] : cases)
        BOOST_TEST(why_set(text) == expected);
}

BOOST_AUTO_TEST_CASE(es256_signatures_with_short_numbers_verify) {
    // One number in 256 starts with a zero byte, which JWS keeps and DER drops.
    const Es256Signer signer;
    const auto key = JwtKey::from_jwk(signer.jwk());
    bool short_r = false;
    bool short_s = false;
    for (int i = 0; i < 20000 && !(short_r && short_s); ++i) {
        const auto message = std::to_string(i);
        const auto signature = signer.sign(message);
        BOOST_TEST_REQUIRE(key->verifies(message, signature));
        BOOST_TEST_REQUIRE(!key->verifies(message + "x", signature));
        short_r = short_r || signature[0] == '\0';
        short_s = short_s || signature[32] == '\0';
    }
    BOOST_TEST(short_r);
    BOOST_TEST(short_s);
}

BOOST_AUTO_TEST_CASE(wycheproof_key_sets_get_the_strict_verdict) {
    // HS384 and HS512 are not served, so these sound keys are of no use here.
    const std::set<int> not_served{14, 15};
    int accepted = 0;
    const auto file = read_vectors("jwks-wycheproof.json");
    for (const auto& v : file.at("vectors").as_array()) {
        const int id = v.at("tcId").to_number<int>();
        BOOST_TEST_CONTEXT("tcId " << id) {
            const auto jws = text(v, "jws");
            const auto set = JwkSet::parse(json::serialize(v.at("jwks")));
            const auto parts = parse_jwt(jws);
            const auto* const key = set && parts ? set->find(parts->kid()) : nullptr;
            const bool verified = key && !verify_signature(*parts, *key);
            BOOST_TEST(verified == (text(v, "expected") == "accept" && !not_served.contains(id)));
            accepted += verified;
        }
    }
    BOOST_TEST(accepted == 3);
}

BOOST_AUTO_TEST_SUITE_END()
