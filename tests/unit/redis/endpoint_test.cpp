#include "mfad/redis/endpoint.hpp"

#include <boost/test/unit_test.hpp>

using mfad::redis::Endpoint;

BOOST_AUTO_TEST_SUITE(endpoint_tests)

BOOST_AUTO_TEST_CASE(a_unix_socket_is_read) {
    const auto plain = Endpoint::parse("unix:///run/redis/redis.sock");
    BOOST_TEST(plain.path == "/run/redis/redis.sock");
    BOOST_TEST(plain.database == 0U);
    BOOST_TEST(plain.redacted() == "unix:///run/redis/redis.sock");
    const auto second = Endpoint::parse("unix:///a%20b/r.sock?db=3");
    BOOST_TEST(second.path == "/a b/r.sock");
    BOOST_TEST(second.database == 3U);
    BOOST_TEST(second.redacted() == "unix:///a b/r.sock?db=3");
}

BOOST_AUTO_TEST_CASE(tcp_is_read) {
    const auto plain = Endpoint::parse("redis://localhost");
    BOOST_TEST(plain.path == "");
    BOOST_TEST(plain.host == "localhost");
    BOOST_TEST(plain.port == 6379);
    BOOST_TEST(plain.password == "");
    BOOST_TEST(plain.redacted() == "redis://localhost:6379");

    const auto full = Endpoint::parse("redis://mfad:p%40ss:%2F@redis.example:7000/12");
    BOOST_TEST(full.user == "mfad");
    BOOST_TEST(full.password == "p@ss:/");
    BOOST_TEST(full.host == "redis.example");
    BOOST_TEST(full.port == 7000);
    BOOST_TEST(full.database == 12U);
    BOOST_TEST(full.redacted() == "redis://mfad:***@redis.example:7000/12");

    const auto no_user = Endpoint::parse("redis://:secret@[::1]:7000/");
    BOOST_TEST(no_user.user == "");
    BOOST_TEST(no_user.password == "secret");
    BOOST_TEST(no_user.host == "::1");
    BOOST_TEST(no_user.redacted() == "redis://:***@[::1]:7000");
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused_and_says_why) {
    const struct {
        const char* url;
        const char* why;
    } cases[] = {
        {"", "not a URL"},
        {"localhost:6379", "scheme localhost"},
        {"/run/redis.sock", "not a URL"},
        {"rediss://host", "scheme rediss is not supported"},
        {"http://host", "scheme http is not supported"},
        {"redis://", "host is missing"},
        {"redis://:pass@/0", "host is missing"},
        {"redis://user@host", "a user needs a password"},
        {"redis://host:0", "port is a number"},
        {"redis://host:65536", "port is a number"},
        {"redis://host:99999", "port is a number"},
        {"redis://host/x", "database is a number"},
        {"redis://host/-1", "database is a number"},
        {"redis://host/1/2", "database is a number"},
        {"redis://host?db=1", "takes no parameters"},
        {"redis://host#1", "%23"},
        {"redis://u:secr#t@host", "a # is written as %23"},
        {"unix://run/redis.sock", "absolute path and no host"},
        {"unix:///", "absolute path"},
        {"unix:run/redis.sock", "absolute path"},
        {"unix:///r.sock?database=1", "only parameter is db"},
        {"unix:///r.sock?db=x", "database is a number"},
        {"redis://u:secret@host/x", "database is a number"},
    };
    for (const auto& [url, why] : cases) {
        try {
            Endpoint::parse(url);
            BOOST_ERROR(std::string("accepted: ") + url);
        } catch (const std::invalid_argument& e) {
            const std::string text = e.what();
            BOOST_TEST(text.find(why) != std::string::npos, url << ": " << text);
            BOOST_TEST(text.find("secret") == std::string::npos, text);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_socket_path_must_fit_the_kernels_address) {
    const std::string longest(107, 'x');
    BOOST_TEST(Endpoint::unix_socket(longest).path == longest);
    BOOST_CHECK_THROW(Endpoint::unix_socket(longest + "x"), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
