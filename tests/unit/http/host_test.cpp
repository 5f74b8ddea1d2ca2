#include "mfad/http/host.hpp"
#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

BOOST_AUTO_TEST_SUITE(host_tests)

BOOST_AUTO_TEST_CASE(when_a_host_of_the_published_vectors_is_judged_then_it_ends_as_expected) {
    const boost::json::value file = mfad::test::read_vectors("urls.json").at("hostHeader");
    std::vector<std::string> allowed;
    for (const boost::json::value& name : file.at("allowed").as_array())
        allowed.emplace_back(name.as_string());
    for (const boost::json::value& vector : file.at("vectors").as_array()) {
        const std::string host = mfad::test::text(vector, "host");
        const bool accepted =
            mfad::http::is_host(host) && mfad::http::is_allowed_host(host, allowed);
        BOOST_TEST(accepted == (mfad::test::text(vector, "verdict") == "accept"), host);
    }
}

BOOST_AUTO_TEST_CASE(when_a_value_is_not_one_host_then_it_is_refused_whoever_is_allowed) {
    for (const std::string_view value :
         {"", ":", ":80", "a:80@b", "a, b", "a/b", "a:65536", "a:99999", "a:-1", "a:080000", "[::1",
          "::1", "[]", "[::1]x", "[::1]x:80", "[g::]", "a b", "\xc3\xbc.example"})
        BOOST_TEST(!mfad::http::is_host(value), value);
}

BOOST_AUTO_TEST_CASE(when_a_value_is_a_host_then_it_is_taken) {
    for (const std::string_view value :
         {"mfa.example", "MFA.EXAMPLE:8443", "a:65535", "127.0.0.1:80", "[::1]",
          "[::ffff:1.2.3.4]:80"})
        BOOST_TEST(mfad::http::is_host(value), value);
}

BOOST_AUTO_TEST_SUITE_END()
