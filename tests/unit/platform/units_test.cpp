#include "mfad/platform/units.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::platform;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(units_tests)

BOOST_AUTO_TEST_CASE(sizes_need_a_unit) {
    BOOST_CHECK(parse_bytes("0B") == Bytes{0});
    BOOST_CHECK(parse_bytes("8KiB") == Bytes{8192});
    BOOST_CHECK(parse_bytes("16MiB") == mebibytes(16));
    BOOST_CHECK(parse_bytes("2GiB") == Bytes{std::size_t{1} << 31});
    for (const auto* bad :
         {"", "8", "KiB", "8kib", "8 KiB", "-8KiB", "+8KiB", "0x8KiB", "8.5KiB", "8KB", "8KiB ",
          "17179869184GiB"})
        BOOST_TEST(!parse_bytes(bad), bad);
}

BOOST_AUTO_TEST_CASE(rates_are_a_count_and_a_period) {
    BOOST_CHECK(parse_rate("60/1m") == (Rate{60, 1min}));
    BOOST_CHECK(parse_rate("1/500ms") == (Rate{1, 500ms}));
    BOOST_CHECK(parse_rate("1000/1s") == (Rate{1000, 1s})); // one a millisecond
    for (const auto* bad :
         {"", "60", "60/", "/1m", "60/m", "60 /1m", "60/ 1m", "0/1m", "60/0s", "-1/1m",
          "4294967296/30d", "1001/1s", "60/1m/1m"})
        BOOST_TEST(!parse_rate(bad), bad);
}

BOOST_AUTO_TEST_CASE(endpoints_are_a_host_and_a_port) {
    BOOST_CHECK(parse_endpoint("127.0.0.1:8080") == (Endpoint{"127.0.0.1", 8080}));
    BOOST_CHECK(parse_endpoint("localhost:0") == (Endpoint{"localhost", 0}));
    BOOST_CHECK(parse_endpoint("[::1]:65535") == (Endpoint{"::1", 65535}));
    for (const auto* bad :
         {"", ":", ":80", "host", "host:", "host:80x", "host:65536", "host:-1", "::1:80", "[]:80",
          "[::1]", "[::1:80", "ho st:80", "host:80 ", "a_b/c:1"})
        BOOST_TEST(!parse_endpoint(bad), bad);
}

BOOST_AUTO_TEST_CASE(texts_use_the_largest_unit_that_is_exact) {
    BOOST_TEST(to_text(0ms) == "0s");
    BOOST_TEST(to_text(1500ms) == "1500ms");
    BOOST_TEST(to_text(90s) == "90s");
    BOOST_TEST(to_text(60min) == "1h");
    BOOST_TEST(to_text(24h) == "24h");
    BOOST_TEST(to_text(168h) == "7d");
    BOOST_TEST(to_text(kibibytes(64)) == "64KiB");
    BOOST_TEST(to_text(Bytes{1025}) == "1025B");
    BOOST_TEST(to_text(Bytes{0}) == "0B");
    BOOST_TEST(to_text(Rate{3000, 10min}) == "3000/10m");
    BOOST_TEST(to_text(Endpoint{"::1", 80}) == "[::1]:80");
    BOOST_TEST(to_text(Endpoint{"localhost", 80}) == "localhost:80");
}

BOOST_AUTO_TEST_SUITE_END()
