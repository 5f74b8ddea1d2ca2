// Our tokens in the hands of somebody else's implementation.
#include "mfad/service/access_token.hpp"

#include "child_process.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace mfad::platform;
using namespace mfad::service;
using namespace std::chrono_literals;

namespace {

boost::json::value read_by_python(const std::string& token, const std::string& key_set) {
    std::vector<std::string> command{"/usr/bin/python3", MFAD_TEST_SUPPORT "/check_token.py"};
    command.insert(command.end(), {token, key_set, "acme", "https://mfa.example"});
    return boost::json::parse(mfad::test::run_program(command));
}

} // namespace

BOOST_AUTO_TEST_SUITE(service_access_token)

BOOST_AUTO_TEST_CASE(a_relying_party_takes_a_token_of_either_algorithm) {
    const UnixMillis now = wall_now();
    const Proof proof{"acme", "42", {"hwk", "user", "mfa"}, "aal2", now - 1min};
    for (const JwtAlg alg : {JwtAlg::es256, JwtAlg::eddsa}) {
        KeyRing ring = KeyRing::generate(now - 1h);
        ring.add(KeyUse::sign, now - 1h, alg); // signs by now
        const Vault vault(ring);
        const AccessTokens tokens(vault, {"https://mfa.example", 10min});
        const auto read = read_by_python(*tokens.issue(proof, now), tokens.key_set(now));
        BOOST_TEST(read.at("header").at("alg").as_string() == to_string(alg));
        BOOST_TEST(read.at("header").at("typ") == "JWT");
        BOOST_TEST(read.at("claims").at("sub") == "42");
        BOOST_CHECK(read.at("claims").at("amr") == (boost::json::array{"hwk", "user", "mfa"}));
    }
}

BOOST_AUTO_TEST_CASE(he_takes_none_that_was_changed) {
    const UnixMillis now = wall_now();
    const Vault vault(KeyRing::generate(now));
    const AccessTokens tokens(vault, {"https://mfa.example", 10min});
    std::string token = *tokens.issue({"acme", "42", {"otp"}, "aal1", now}, now);
    const auto at = token.find('.') + 5;
    token[at] = token[at] == 'A' ? 'B' : 'A';
    BOOST_CHECK_THROW(read_by_python(token, tokens.key_set(now)), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
