#include "mfad/service/access_token.hpp"

#include "key_files.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/jwt.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

using namespace mfad::service;
using namespace mfad::platform;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

const UnixMillis now{1'700'000'000'999ms};

Proof proof() {
    return {"acme", "42", {"otp", "mfa"}, "aal1", now - 5s};
}

AccessTokenOptions options() {
    return {"https://mfa.example", 10min};
}

json::object claims_of(const std::string& token) {
    const auto first = token.find('.') + 1;
    const auto payload = token.substr(first, token.rfind('.') - first);
    return json::parse(*from_base64url(payload)).as_object();
}

} // namespace

BOOST_AUTO_TEST_SUITE(access_token_tests)

BOOST_AUTO_TEST_CASE(a_token_says_who_proved_what_to_whom_and_when) {
    const Vault vault(KeyRing::generate(now));
    const json::object claims = claims_of(*AccessTokens(vault, options()).issue(proof(), now));
    BOOST_TEST(claims.at("iss") == "https://mfa.example");
    BOOST_TEST(claims.at("sub") == "42");
    BOOST_TEST(claims.at("aud") == "acme");
    BOOST_TEST(claims.at("iat") == 1'700'000'000);
    BOOST_TEST(claims.at("exp") == 1'700'000'600);
    BOOST_TEST(claims.at("auth_time") == 1'699'999'995);
    BOOST_CHECK(claims.at("amr") == (json::array{"otp", "mfa"}));
    BOOST_TEST(claims.at("acr") == "aal1");
    BOOST_TEST(from_base64url(claims.at("jti").as_string())->size() == 16U);
    BOOST_TEST(claims.size() == 9U);
}

BOOST_AUTO_TEST_CASE(no_two_tokens_have_one_name) {
    const Vault vault(KeyRing::generate(now));
    const AccessTokens tokens(vault, options());
    std::set<std::string> names;
    for (int i = 0; i < 50; ++i)
        names.emplace(claims_of(*tokens.issue(proof(), now)).at("jti").as_string());
    BOOST_TEST(names.size() == 50U);
}

BOOST_AUTO_TEST_CASE(whoever_fetches_the_keys_can_check_it) {
    const Vault vault(KeyRing::generate(now));
    const AccessTokens tokens(vault, options());
    const std::string token = *tokens.issue(proof(), now);
    const auto keys = JwkSet::parse(tokens.key_set(now));
    const auto parts = parse_jwt(token);
    BOOST_TEST_REQUIRE(keys->find(parts->kid()));
    BOOST_TEST(!verify_signature(*parts, *keys->find(parts->kid())));
    const std::string_view audience = "acme";
    ClaimRules rules;
    rules.issuer = "https://mfa.example";
    rules.audiences = {&audience, 1};
    rules.leeway = 0s;
    rules.now = now;
    BOOST_TEST(!check_claims(*parts, rules));
    rules.now = now + 10min;
    BOOST_CHECK(check_claims(*parts, rules) == JwtError::expired);
}

BOOST_AUTO_TEST_CASE(ids_are_written_so_that_none_can_add_a_claim) {
    const Vault vault(KeyRing::generate(now));
    Proof odd = proof();
    odd.user = R"(1","sub":"2)";
    const json::object claims = claims_of(*AccessTokens(vault, options()).issue(odd, now));
    BOOST_TEST(claims.at("sub") == json::string(odd.user));
}

BOOST_AUTO_TEST_CASE(an_installation_without_a_signing_key_is_unavailable) {
    std::string content = mfad::test::content_of(MFAD_TEST_DATA "/keys/known.json");
    const auto comma = content.rfind(",\n{");
    content.erase(comma, content.rfind('\n', content.size() - 3) - comma);
    const mfad::test::PrivateDir dir;
    const Vault vault(KeyRing::load(mfad::test::write_key_file(dir, content)));
    const auto token = AccessTokens(vault, options()).issue(proof(), now);
    BOOST_TEST_REQUIRE(!token.has_value());
    BOOST_CHECK(token.error().code == mfad::domain::Refusal::Code::unavailable);
    BOOST_TEST(token.error().retry_after.count() > 0);
}

BOOST_AUTO_TEST_SUITE_END()
