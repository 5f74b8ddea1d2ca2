#include "mfad/platform/ip_address.hpp"

#include <boost/test/unit_test.hpp>

using mfad::platform::IpAddress;
using mfad::platform::Network;

namespace {

IpAddress address(std::string_view text) {
    const auto parsed = IpAddress::parse(text);
    BOOST_TEST_REQUIRE(parsed.has_value(), text);
    return *parsed;
}

Network network(std::string_view text) {
    const auto parsed = Network::parse(text);
    BOOST_TEST_REQUIRE(parsed.has_value(), text);
    return *parsed;
}

} // namespace

BOOST_AUTO_TEST_SUITE(ip_address_tests)

BOOST_AUTO_TEST_CASE(addresses_are_read_and_written) {
    for (const std::string_view text :
         {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1"})
        BOOST_TEST(address(text).text() == text);
    BOOST_TEST(address("2001:0DB8:0:0:0:0:0:1").text() == "2001:db8::1");
    BOOST_TEST(address("192.0.2.1").is_v4());
    BOOST_TEST(!address("2001:db8::1").is_v4());
    BOOST_TEST(!address("::192.0.2.1").is_v4());
}

BOOST_AUTO_TEST_CASE(a_mapped_address_is_the_ipv4_address) {
    BOOST_TEST((address("::ffff:192.0.2.1") == address("192.0.2.1")));
    BOOST_TEST(address("::ffff:c000:201").text() == "192.0.2.1");
    BOOST_TEST((IpAddress(IpAddress::V4Bytes{192, 0, 2, 1}) == address("192.0.2.1")));
    BOOST_TEST((IpAddress(address("192.0.2.1").bytes()) == address("192.0.2.1")));
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_none) {
    using namespace std::string_view_literals;
    for (const std::string_view text :
         {""sv,
          " "sv,
          "192.0.2"sv,
          "192.0.2.1.1"sv,
          "192.0.2.256"sv,
          "192.0.2.01"sv,
          "0x7f.0.0.1"sv,
          "2130706433"sv,
          " 192.0.2.1"sv,
          "192.0.2.1 "sv,
          "192.0.2.1\0"sv,
          "192.0.2.1:80"sv,
          "[::1]"sv,
          "::1%lo"sv,
          "1::2::3"sv,
          ":::"sv,
          "12345::"sv,
          "localhost"sv,
          "::ffff:1.2.3"sv,
          "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111"sv})
        BOOST_TEST(!IpAddress::parse(text), text);
}

BOOST_AUTO_TEST_CASE(a_network_has_the_addresses_that_begin_like_it) {
    BOOST_TEST(network("10.0.0.0/8").contains(address("10.255.0.1")));
    BOOST_TEST(!network("10.0.0.0/8").contains(address("11.0.0.0")));
    BOOST_TEST(network("192.0.2.64/26").contains(address("192.0.2.127")));
    BOOST_TEST(!network("192.0.2.64/26").contains(address("192.0.2.128")));
    BOOST_TEST(!network("192.0.2.64/26").contains(address("192.0.2.63")));
    BOOST_TEST(network("192.0.2.1").contains(address("192.0.2.1")));
    BOOST_TEST(!network("192.0.2.1").contains(address("192.0.2.0")));
    BOOST_TEST(network("2001:db8:8000::/33").contains(address("2001:db8:ffff::1")));
    BOOST_TEST(!network("2001:db8:8000::/33").contains(address("2001:db8:7fff::1")));
    BOOST_TEST(network("::1").contains(address("::1")));
    BOOST_TEST(!network("::1").contains(address("::2")));
}

BOOST_AUTO_TEST_CASE(families_do_not_mix_but_where_an_address_is_mapped) {
    BOOST_TEST(network("0.0.0.0/0").contains(address("203.0.113.1")));
    BOOST_TEST(!network("0.0.0.0/0").contains(address("2001:db8::1")));
    BOOST_TEST(network("::/0").contains(address("2001:db8::1")));
    BOOST_TEST(!network("::/0").contains(address("203.0.113.1")));
    BOOST_TEST(network("10.0.0.0/8").contains(address("::ffff:10.1.2.3")));
    BOOST_TEST((network("::ffff:10.0.0.0/104") == network("10.0.0.0/8")));
    BOOST_TEST((network("::ffff:0:0/96") == network("0.0.0.0/0")));
}

BOOST_AUTO_TEST_CASE(networks_are_written_as_they_are_read) {
    for (const std::string_view text :
         {"0.0.0.0/0", "10.0.0.0/8", "192.0.2.1", "::/0", "2001:db8::/32", "::1"})
        BOOST_TEST(network(text).text() == text);
    BOOST_TEST(network("192.0.2.1/32").text() == "192.0.2.1");
    BOOST_TEST(network("2001:DB8::/32").text() == "2001:db8::/32");
}

BOOST_AUTO_TEST_CASE(what_is_no_network_is_none) {
    for (const std::string_view text :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/+8",
          "10.0.0.0/08", "10.0.0.0/8 ", "10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "10/8", "any",
          "::1%lo/128", "10.0.0.0/4294967304"})
        BOOST_TEST(!Network::parse(text), text);
}

BOOST_AUTO_TEST_CASE(bits_beyond_the_prefix_are_refused) {
    for (const std::string_view text :
         {"10.0.0.1/8", "192.0.2.127/26", "128.0.0.0/0", "2001:db8::1/64", "::1/127",
          "::ffff:10.0.0.1/104", "::ffff:0:0/90"})
        BOOST_TEST(!Network::parse(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
