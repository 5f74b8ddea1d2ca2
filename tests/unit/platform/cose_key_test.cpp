#include "mfad/platform/cose_key.hpp"

#include "mfad/platform/encoding.hpp"
#include "webauthn_authenticator.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::platform;
using namespace mfad::test::cbor;
namespace test = mfad::test;

namespace {

std::string why(const std::string& cose) {
    const auto key = CoseKey::parse(cose);
    if (key) return "";
    switch (key.error()) {
    case CoseFault::cbor: return "cbor";
    case CoseFault::kty: return "kty";
    case CoseFault::alg_crv: return "alg_crv";
    case CoseFault::member: return "member";
    case CoseFault::invalid: break;
    }
    return "invalid";
}

// RFC 8037 appendix A.
const std::string ed_point = from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").value();

std::string okp(std::int64_t alg, std::int64_t crv, const std::string& x) {
    return map({{num(1), num(1)}, {num(3), num(alg)}, {num(-1), num(crv)}, {num(-2), bin(x)}});
}

std::string rsa(const std::string& n, const std::string& e) {
    return map({{num(1), num(3)}, {num(3), num(-257)}, {num(-1), bin(n)}, {num(-2), bin(e)}});
}

std::string modulus(std::size_t size) {
    std::string n(size, '\x5b');
    n.front() = n.back() = '\xc1';
    return n;
}

} // namespace

BOOST_AUTO_TEST_SUITE(cose_key_tests)

BOOST_AUTO_TEST_CASE(an_ed25519_key_verifies_the_signature_of_the_standard) {
    // RFC 8037 appendix A.4.
    const auto key = CoseKey::parse(okp(-8, 6, ed_point));
    BOOST_TEST_REQUIRE(key.has_value());
    BOOST_TEST((key->alg() == CoseAlg::eddsa));
    const std::string message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    const auto signature =
        from_base64url("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9"
                       "g7sVvpAr_MuM0KAg")
            .value();
    BOOST_TEST(key->verifies(message, signature));
    BOOST_TEST(!key->verifies(message + "x", signature));
    BOOST_TEST(!key->verifies(message, signature + '\0'));
    BOOST_TEST(!key->verifies(message, ""));
}

BOOST_AUTO_TEST_CASE(es256_signatures_are_der_and_nothing_behind_it) {
    const test::SoftAuthenticator device;
    const auto key = CoseKey::parse(device.cose());
    BOOST_TEST_REQUIRE(key.has_value());
    const auto signature = device.sign("message");
    BOOST_TEST(key->verifies("message", signature));
    BOOST_TEST(!key->verifies("massage", signature));
    BOOST_TEST(!key->verifies("message", signature + '\0'));
    BOOST_TEST(!key->verifies("message", signature.substr(0, signature.size() - 1)));
    BOOST_TEST(!CoseKey::parse(test::SoftAuthenticator().cose())->verifies("message", signature));
}

BOOST_AUTO_TEST_CASE(keys_that_could_not_be_used_safely_are_refused) {
    const std::string e = "\x01" + std::string(1, '\0') + "\x01";
    BOOST_TEST(why(rsa(modulus(256), e)) == "");
    BOOST_TEST(why(rsa(modulus(255), e)) == "invalid");
    BOOST_TEST(why(rsa(modulus(256), "\x01")) == "invalid");
    BOOST_TEST(why(rsa(modulus(256), "\x02")) == "invalid");
    BOOST_TEST(why(rsa(modulus(256), "")) == "invalid");
    BOOST_TEST(why(rsa(modulus(256), "\x03")) == "");
    BOOST_TEST(why(rsa(modulus(1025), e)) == "invalid");
    BOOST_TEST(why(okp(-8, 6, ed_point.substr(1))) == "invalid");
    BOOST_TEST(why(okp(-8, 7, ed_point)) == "alg_crv");
    BOOST_TEST(why(okp(-53, 7, ed_point)) == "invalid"); // 57 bytes
    BOOST_TEST(why(okp(-7, 6, ed_point)) == "alg_crv");
    BOOST_TEST(why(okp(-9, 6, ed_point)) == "alg_crv");
}

BOOST_AUTO_TEST_CASE(what_is_no_key_is_refused) {
    BOOST_TEST(why("") == "cbor");
    BOOST_TEST(why(num(1)) == "cbor");
    BOOST_TEST(why(okp(-8, 6, ed_point) + '\0') == "cbor");
    BOOST_TEST(why(map({})) == "kty");
    BOOST_TEST(why(map({{num(1), num(4)}, {num(3), num(5)}})) == "kty");
    BOOST_TEST(why(map({{num(1), num(1)}})) == "alg_crv");
    BOOST_TEST(why(map({{num(1), num(1)}, {num(3), num(-8)}, {num(-1), num(6)}})) == "member");
    BOOST_TEST(
        why(map(
            {{num(1), num(2)}, {num(3), num(-7)}, {num(-1), num(1)}, {num(-2), bin(ed_point)}})) ==
        "member");
    // A point compressed to its x and a sign.
    BOOST_TEST(
        why(map(
            {{num(1), num(2)},
             {num(3), num(-7)},
             {num(-1), num(1)},
             {num(-2), bin(ed_point)},
             {num(-3), std::string("\xf5")}})) == "member");
}

BOOST_AUTO_TEST_CASE(served_numbers_are_known_and_no_others) {
    for (const std::int64_t number : {-7, -8, -35, -36, -53, -257})
        BOOST_TEST(static_cast<std::int64_t>(cose_alg(number).value()) == number);
    for (const std::int64_t number : {0, 5, -6, -9, -37, -258, -65535})
        BOOST_TEST(!cose_alg(number));
}

BOOST_AUTO_TEST_SUITE_END()
