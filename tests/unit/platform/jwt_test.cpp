#include "mfad/platform/jwt.hpp"

#include "jwt_verdict.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

using namespace mfad::platform;
using namespace std::chrono_literals;
using mfad::test::Keys;
using mfad::test::rules;
using mfad::test::verdict;

namespace {

const std::string secret(32, 's');

Keys our_keys() {
    return {*JwtKey::from_secret(secret)};
}

std::string sign(std::string_view header, std::string_view payload) {
    const auto input = base64url(header) + "." + base64url(payload);
    return input + "." + base64url(hmac_sha256(secret, input));
}

std::string verdict_of_header(std::string_view header) {
    return verdict(
        sign(
            header,
            R"({"iss":"https://idp.example","aud":"mfa-server","sub":"7","iat":1700000000,"exp":1700000060})"),
        our_keys(), rules());
}

std::string verdict_of_payload(std::string_view payload, const ClaimRules& with = rules()) {
    return verdict(sign(R"({"alg":"HS256"})", payload), our_keys(), with);
}

/// A payload that passes, with some members replaced; those with an empty text are left out.
std::string payload(const std::map<std::string, std::string>& changes = {}) {
    std::map<std::string, std::string> claims{
        {"iss", R"("https://idp.example")"},
        {"aud", R"("mfa-server")"},
        {"sub", R"("7")"},
        {"iat", "1700000000"},
        {"exp", "1700000060"}};
    for (const auto& [name, value] : changes)
        claims[name] = value;
    std::string out;
    for (const auto& [name, value] : claims)
        if (!value.empty()) out += (out.empty() ? "{" : ",") + ('"' + name + "\":" + value);
    return out + "}";
}

std::string verdict_of_claims(
    const std::map<std::string, std::string>& changes, const ClaimRules& with = rules()) {
    return verdict_of_payload(payload(changes), with);
}

} // namespace

BOOST_AUTO_TEST_SUITE(jwt_tests)

BOOST_AUTO_TEST_CASE(what_a_token_says_of_itself_is_readable_before_it_is_verified) {
    const auto token = R"({"alg":"ES256","kid":"k\u0031","typ":"JWT"})";
    const auto claims =
        R"({"iss":"https:\/\/a","aud":["x","y"],"xsolla_login_project_id":"p1","n":5,"deep":{"iss":"z"}})";
    const auto text_form = base64url(token) + "." + base64url(claims) + ".AAAA";
    const auto parts = parse_jwt(text_form);
    BOOST_TEST_REQUIRE(parts.has_value());
    BOOST_TEST(to_string(parts->alg()) == "ES256");
    BOOST_TEST(parts->kid() == "k1");
    BOOST_TEST(parts->typ().value() == "JWT");
    BOOST_TEST(parts->text("iss").value() == "https://a");
    BOOST_TEST(parts->text("xsolla_login_project_id").value() == "p1");
    BOOST_TEST(parts->texts("aud") == (std::vector<std::string_view>{"x", "y"}));
    BOOST_TEST(parts->texts("iss") == std::vector<std::string_view>{"https://a"});
    for (const auto* absent : {"n", "deep", "aud", "none", ""})
        BOOST_TEST(!parts->text(absent));
    BOOST_TEST(parts->texts("n").empty());
}

BOOST_AUTO_TEST_CASE(a_payload_that_is_no_object_names_nobody) {
    for (const auto* bad : {"", "[]", "7", "\"x\"", "null", "{", "{}x", R"({"a":1,"a":1})"}) {
        const auto token = sign(R"({"alg":"HS256"})", bad);
        const auto parts = parse_jwt(token);
        BOOST_TEST_REQUIRE(parts.has_value());
        BOOST_TEST(!parts->has_claims());
        BOOST_TEST(!parts->text("a"));
        BOOST_TEST(parts->texts("a").empty());
        BOOST_TEST(to_string(*check_claims(*parts, rules())) == "payload_json");
    }
}

BOOST_AUTO_TEST_CASE(headers_are_read_strictly) {
    const std::string deep4 = R"({"alg":"HS256","x":[[{"y":1}]]})";
    const std::string deep5 = R"({"alg":"HS256","x":[[{"y":[]}]]})";
    const auto of_size = [](std::size_t size) {
        const std::string start = R"({"alg":"HS256","x":")";
        return start + std::string(size - start.size() - 2, 'x') + "\"}";
    };
    const std::pair<std::string, std::string_view> cases[] = {
        {R"({"alg":"HS256"})", "accept"},
        {" {\r\n\t\"alg\" : \"HS256\" } \n", "accept"},
        {R"({"\u0061lg":"HS256"})", "accept"},
        {R"({"alg":"HS256","kid":""})", "accept"}, // an empty kid is none
        {R"({"alg":"HS256","jku":"https://evil.example","x5c":["AA"],"jwk":{"kty":"oct"}})",
         "accept"},
        {deep4, "accept"},
        {deep5, "header_json"},
        {of_size(1024), "accept"},
        {of_size(1025), "header_json"},
        {"", "header_json"},
        {"[]", "header_json"},
        {R"("HS256")", "header_json"},
        {R"({"alg":"HS256"}{})", "header_json"},
        {R"({"alg":"HS256",})", "header_json"},
        {"\xef\xbb\xbf{\"alg\":\"HS256\"}", "header_json"},
        {"{\"alg\":\"HS256\",\"x\":\"\xff\"}", "header_json"},
        {R"({"alg":"HS256","alg":"HS256"})", "header_json"},
        {R"({"alg":"HS256","\u0061lg":"none"})", "header_json"},
        {R"({"alg":"HS256","x":{"y":1,"z":2,"y":3}})", "header_json"},
        {R"({"alg":"HS256","x":[{"y":1},{"y":2}]})", "accept"},
        {R"({"alg":"HS256","kid":null})", "header_json"},
        {R"({"alg":"HS256","typ":1})", "header_json"},
        {R"({"alg":"hs256"})", "alg"},
        {R"({"alg":"HS256\u0000"})", "alg"},
        {R"({"alg":"HS256 "})", "alg"},
        {R"({"alg":"RS256"})", "alg"}, // served, but not by this key
        {R"({"alg":"HS256","crit":["b64"],"b64":false})", "crit"},
        {R"({"alg":"HS256","b64":false})", "crit"},
        {R"({"alg":"HS256","kid":")" + std::string(129, 'k') + "\"}", "unknown_kid"},
        {R"({"alg":"HS256","typ":"jwt"})", "accept"},
        {R"({"alg":"HS256","typ":"application/at+JWT"})", "accept"},
        {R"({"alg":"HS256","typ":""})", "typ"},
        {R"({"alg":"HS256","typ":"dpop+jwt"})", "typ"},
        {R"({"alg":"HS256","typ":"text/jwt"})", "typ"},
    };
    for (const auto& [header, expected] : cases)
        BOOST_TEST_CONTEXT(header) BOOST_TEST(verdict_of_header(header) == expected);
}

BOOST_AUTO_TEST_CASE(payloads_are_read_strictly) {
    BOOST_TEST(verdict_of_payload(payload()) == "accept");
    BOOST_TEST(verdict_of_payload(payload() + " \n") == "accept");
    BOOST_TEST(verdict_of_claims({{"x", R"([[{"y":1}]])"}}) == "accept");
    BOOST_TEST(verdict_of_claims({{"x", R"([[{"y":[]}]])"}}) == "payload_json");
    BOOST_TEST(verdict_of_claims({{"s\\u0075b", R"("8")"}}) == "payload_json");
    BOOST_TEST(verdict_of_claims({{"x", R"({"y":1,"y":1})"}}) == "payload_json");
    BOOST_TEST(verdict_of_claims({{"x", R"("\ud800")"}}) == "payload_json");
    BOOST_TEST(verdict_of_claims({{"x", "/**/1"}}) == "payload_json");
}

BOOST_AUTO_TEST_CASE(a_token_of_8_kib_is_the_largest) {
    const auto of_size = [](std::size_t size) {
        auto token = std::string("eyJhbGciOiJIUzI1NiJ9.");
        const auto signature = std::string(43, 'A');
        return token + std::string(size - token.size() - 44, 'A') + "." + signature;
    };
    const auto fault = [](const std::string& token) {
        const auto parts = parse_jwt(token);
        return parts ? "" : to_string(parts.error());
    };
    BOOST_TEST(fault(of_size(8192)) == "");
    BOOST_TEST(fault(of_size(8193)) == "too_big");
    BOOST_TEST(fault(std::string(8193, '.')) == "too_big");
}

BOOST_AUTO_TEST_CASE(claims_are_checked_one_by_one) {
    const std::pair<std::map<std::string, std::string>, std::string_view> cases[] = {
        {{{"iss", ""}}, "claim_missing"},
        {{{"aud", ""}}, "claim_missing"},
        {{{"sub", ""}}, "claim_missing"},
        {{{"iat", ""}}, "claim_missing"},
        {{{"exp", ""}}, "claim_missing"},
        {{{"iss", "null"}}, "claim_type"},
        {{{"sub", R"("")"}}, "claim_type"},
        {{{"sub", R"("7\u0007")"}}, "claim_type"},
        {{{"sub", "\"7\x7f\""}}, "claim_type"},
        {{{"sub", R"("\u00fcser")"}}, "accept"},
        {{{"aud", "{}"}}, "claim_type"},
        {{{"aud", R"([["mfa-server"]])"}}, "claim_type"},
        {{{"aud", R"([[],"mfa-server"])"}}, "claim_type"},
        {{{"aud", R"([{"mfa-server":"mfa-server"}])"}}, "claim_type"},
        {{{"aud", R"(["mfa-server",true])"}}, "claim_type"},
        {{{"exp", "true"}}, "claim_type"},
        {{{"exp", "[1700000060]"}}, "claim_type"},
        {{{"exp", "1e999"}}, "claim_type"},
        {{{"iat", "-1e999"}}, "claim_type"},
        {{{"nbf", "null"}}, "claim_type"},
        {{{"nbf", R"("1700000000")"}}, "claim_type"},
        {{{"exp", "1.70000006e9"}}, "accept"},
        {{{"exp", "1699999970"}},
         "expired"}, // at the end of the leeway, on the dot (RFC 7519 4.1.4)
        {{{"exp", "1699999970.001"}}, "accept"},
        {{{"exp", "-0"}}, "expired"},
        {{{"nbf", "1700000030"}}, "accept"},
        {{{"nbf", "1700000030.5"}}, "not_yet_valid"},
        {{{"iat", "1700000030"}}, "accept"},
        {{{"iat", "1700000031"}}, "not_yet_valid"},
        {{{"exp", "1700003600"}}, "accept"},
        {{{"exp", "1700003601"}}, "lifetime"},
        {{{"iat", "-9007199254740991"}}, "lifetime"},
        {{{"iss", R"("https://idp.example/")"}}, "issuer"},
        {{{"iss", R"("https://IDP.example")"}}, "issuer"},
        {{{"aud", "[]"}}, "audience"},
        {{{"aud", R"("")"}}, "audience"},
        {{{"aud", R"("mfa-server2")"}}, "audience"},
        {{{"aud", R"(["mfa","server","mfa-server"])"}}, "accept"},
        // The first fault counts.
        {{{"exp", "1"}, {"iss", R"("x")"}, {"aud", R"("x")"}}, "expired"},
        {{{"aud", R"("x")"}, {"iss", R"("x")"}}, "issuer"},
        {{{"exp", "\"1\""}, {"sub", ""}}, "claim_missing"},
    };
    for (const auto& [changes, expected] : cases)
        BOOST_TEST_CONTEXT(payload(changes)) BOOST_TEST(verdict_of_claims(changes) == expected);
}

BOOST_AUTO_TEST_CASE(an_audience_of_more_than_16_is_not_looked_at) {
    std::string list = R"("mfa-server")";
    for (int i = 1; i < 16; ++i)
        list += R"(,"x")";
    BOOST_TEST(verdict_of_claims({{"aud", "[" + list + "]"}}) == "accept");
    list += R"(,"x")";
    BOOST_TEST(verdict_of_claims({{"aud", "[" + list + "]"}}) == "claim_type");
    const auto token = sign(R"({"alg":"HS256"})", R"({"aud":[)" + list + "]}");
    BOOST_TEST(parse_jwt(token)->texts("aud").empty());
}

BOOST_AUTO_TEST_CASE(the_rules_say_which_claims_name_user_and_tenant) {
    auto server = rules();
    server.subject_claim = "";
    BOOST_TEST(verdict_of_claims({{"sub", ""}}, server) == "accept");
    BOOST_TEST(verdict_of_claims({{"sub", "5"}}, server) == "accept");

    auto other_claims = rules();
    other_claims.subject_claim = "uid";
    other_claims.audience_claim = "project";
    BOOST_TEST(verdict_of_claims({{"uid", R"("7")"}}, other_claims) == "claim_missing");
    BOOST_TEST(
        verdict_of_claims({{"project", R"("mfa-server")"}}, other_claims) == "claim_missing");
    const std::map<std::string, std::string> both{
        {"uid", R"("7")"}, {"project", R"("mfa-server")"}, {"aud", ""}, {"sub", ""}};
    BOOST_TEST(verdict_of_claims(both, other_claims) == "accept");
    BOOST_TEST(
        verdict_of_claims({{"uid", R"("7")"}, {"project", R"("other")"}}, other_claims) ==
        "audience");

    auto anybody = rules();
    anybody.issuer = "";
    BOOST_TEST(verdict_of_claims({{"iss", R"("")"}}, anybody) == "issuer");

    auto nobody = rules();
    nobody.audiences = {};
    BOOST_TEST(verdict_of_claims({}, nobody) == "audience");
    constexpr std::string_view names[] = {"first", "mfa-server"};
    auto several = rules();
    several.audiences = names;
    BOOST_TEST(verdict_of_claims({}, several) == "accept");
}

BOOST_AUTO_TEST_CASE(no_leeway_goes_beyond_a_minute) {
    auto generous = rules();
    generous.leeway = 3600s;
    BOOST_TEST(verdict_of_claims({{"exp", "1699999941"}}, generous) == "accept");
    BOOST_TEST(verdict_of_claims({{"exp", "1699999940"}}, generous) == "expired");
    auto strict = rules();
    strict.leeway = 0s;
    BOOST_TEST(verdict_of_claims({{"exp", "1700000001"}}, strict) == "accept");
    BOOST_TEST(verdict_of_claims({{"exp", "1700000000"}}, strict) == "expired");
}

BOOST_AUTO_TEST_CASE(what_is_behind_the_signature_is_reported_behind_it) {
    auto token = sign(R"({"alg":"HS256","typ":"x"})", "no JSON");
    BOOST_TEST(verdict(token, our_keys(), rules()) == "typ");
    token = sign(R"({"alg":"HS256"})", "no JSON");
    BOOST_TEST(verdict(token, our_keys(), rules()) == "payload_json");
    const Keys strangers{*JwtKey::from_secret(std::string(32, 't'))};
    BOOST_TEST(verdict(token, strangers, rules()) == "signature");
}

BOOST_AUTO_TEST_CASE(hostile_payloads_break_nothing) {
    // Signed, so that each of them is read to the end.
    const std::string whole = payload(
        {{"aud", R"(["a","mfa-server"])"},
         {"x", R"({"y":[{"z":"\u00fc"}],"y2":[1,-2.5e3,null]})"}});
    constexpr std::string_view alphabet = "{}[]\",:\\u09eE+-. \x00\xc3\x80xtn";
    std::mt19937 random(4711);
    const auto below = [&](std::size_t bound) { return random() % bound; };
    for (int i = 0; i < 6000; ++i) {
        auto bytes = whole;
        for (auto n = 1 + below(4); n > 0; --n) {
            const auto at = below(bytes.size());
            if (below(3) == 0)
                bytes.erase(at, 1);
            else if (below(2) == 0)
                bytes.insert(at, 1, alphabet[below(alphabet.size())]);
            else
                bytes[at] = alphabet[below(alphabet.size())];
        }
        const auto outcome = verdict_of_payload(bytes);
        // What Boost.JSON's own document does not take must not be taken here either.
        boost::system::error_code error;
        boost::json::parse(bytes, error);
        if (error) BOOST_TEST(outcome == "payload_json");
    }
}

BOOST_AUTO_TEST_SUITE_END()
