#include "mfad/http/public_address.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>

#include <array>

using mfad::http::is_public_address;

namespace {

bool is_public(const char* text) {
    std::array<unsigned char, 16> bytes{};
    const bool v6 = std::string_view(text).find(':') != std::string_view::npos;
    BOOST_TEST_REQUIRE(::inet_pton(v6 ? AF_INET6 : AF_INET, text, bytes.data()) == 1);
    return is_public_address(std::span(bytes).first(v6 ? 16 : 4));
}

} // namespace

BOOST_AUTO_TEST_SUITE(public_address_tests)

BOOST_AUTO_TEST_CASE(addresses_of_the_internet_are_public) {
    for (const auto* text :
         {"1.1.1.1",         "9.255.255.255",   "11.0.0.0",         "100.63.255.255",
          "100.128.0.0",     "126.255.255.255", "128.0.0.0",        "169.253.255.255",
          "169.255.0.0",     "172.15.255.255",  "172.32.0.0",       "192.0.1.0",
          "192.167.255.255", "192.169.0.0",     "198.17.255.255",   "198.20.0.0",
          "223.255.255.255", "2606:4700::1111", "2a00:1450::1",     "2001:200::1",
          "2001:db9::1",     "::ffff:1.1.1.1",  "64:ff9b::101:101", "2002:101:101::1"})
        BOOST_TEST(is_public(text), text);
}

BOOST_AUTO_TEST_CASE(all_others_are_not) {
    for (const auto* text :
         {"0.0.0.0",
          "0.1.2.3",
          "10.0.0.0",
          "10.255.255.255",
          "100.64.0.0",
          "100.127.255.255",
          "127.0.0.1",
          "127.255.255.255",
          "169.254.169.254",
          "172.16.0.0",
          "172.31.255.255",
          "192.0.0.1",
          "192.0.2.1",
          "192.168.0.0",
          "192.168.255.255",
          "198.18.0.0",
          "198.19.255.255",
          "198.51.100.7",
          "203.0.113.7",
          "224.0.0.1",
          "239.255.255.255",
          "240.0.0.0",
          "255.255.255.255",
          "::",
          "::1",
          "::7f00:1",
          "fc00::1",
          "fdff::1",
          "fe80::1",
          "fec0::1",
          "ff02::1",
          "100::1",
          "2001::1",
          "2001:1ff::1",
          "2001:db8::1",
          "3fff::1",
          "::ffff:127.0.0.1",
          "::ffff:10.0.0.1",
          "64:ff9b::7f00:1",
          "64:ff9b:1::1",
          "2002:7f00:1::1",
          "2002:a00:1::1",
          "4000::1"})
        BOOST_TEST(!is_public(text), text);
}

BOOST_AUTO_TEST_CASE(what_is_no_ip_address_is_not_public) {
    const std::array<unsigned char, 17> ones{1, 1, 1, 1, 1};
    BOOST_TEST(!is_public_address({}));
    BOOST_TEST(!is_public_address(std::span(ones).first(3)));
    BOOST_TEST(!is_public_address(std::span(ones).first(5)));
    BOOST_TEST(!is_public_address(ones));
}

BOOST_AUTO_TEST_SUITE_END()
