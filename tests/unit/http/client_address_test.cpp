#include "mfad/http/client_address.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

using namespace mfad::http;
using mfad::platform::IpAddress;
using mfad::platform::Network;

namespace {

const std::vector<Network> proxies{
    *Network::parse("10.0.0.0/8"), *Network::parse("2001:db8:1::/48"),
    *Network::parse("192.0.2.9")};
const TrustedProxies customary(proxies, ForwardedField::x_forwarded_for);
const TrustedProxies standard(proxies, ForwardedField::forwarded);

std::string client(
    const TrustedProxies& trusted, const std::vector<Header>& headers,
    std::string_view peer = "10.0.0.1") {
    return trusted.client_of(headers, *IpAddress::parse(peer)).text();
}

std::string by_x(std::string_view value) {
    const std::vector<Header> headers{{"Host", "a"}, {"x-FORWARDED-for", value}, {"Accept", "*/*"}};
    return client(customary, headers);
}

std::string by_forwarded(std::string_view value) {
    return client(standard, {{"Host", "a"}, {"forwarded", value}});
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_address_tests)

BOOST_AUTO_TEST_CASE(a_peer_that_is_not_trusted_is_the_client_whatever_it_says) {
    for (const Header& forged :
         {Header{"X-Forwarded-For", "1.2.3.4"}, Header{"Forwarded", "for=1.2.3.4"}})
        for (const TrustedProxies& trusted : {customary, standard, TrustedProxies()})
            BOOST_TEST(client(trusted, {forged}, "203.0.113.7") == "203.0.113.7");
    BOOST_TEST(client(TrustedProxies(), {{"X-Forwarded-For", "1.2.3.4"}}) == "10.0.0.1");
}

BOOST_AUTO_TEST_CASE(only_the_configured_field_is_read) {
    const std::vector<Header> both{
        {"X-Forwarded-For", "203.0.113.1"}, {"Forwarded", "for=203.0.113.2"}};
    BOOST_TEST(client(customary, both) == "203.0.113.1");
    BOOST_TEST(client(standard, both) == "203.0.113.2");
    BOOST_TEST(client(TrustedProxies(proxies, ForwardedField::none), both) == "10.0.0.1");
    BOOST_TEST(client(customary, {{"Forwarded", "for=203.0.113.2"}}) == "10.0.0.1");
    BOOST_TEST(client(customary, {{"X-Forwarded-For2", "203.0.113.2"}}) == "10.0.0.1");
}

BOOST_AUTO_TEST_CASE(the_right_most_address_that_is_not_trusted_is_the_client) {
    BOOST_TEST(by_x("203.0.113.1") == "203.0.113.1");
    BOOST_TEST(by_x("1.2.3.4, 203.0.113.1") == "203.0.113.1");
    BOOST_TEST(by_x("1.2.3.4, 203.0.113.1, 10.2.3.4,192.0.2.9") == "203.0.113.1");
    BOOST_TEST(by_x("10.9.9.9, 203.0.113.1, 10.2.3.4") == "203.0.113.1");
    BOOST_TEST(by_x("1.2.3.4, 2001:db8:2::1, 2001:db8:1::5") == "2001:db8:2::1");
    BOOST_TEST(
        client(customary, {{"X-Forwarded-For", "203.0.113.1"}}, "2001:db8:1::5") == "203.0.113.1");
    BOOST_TEST(by_x("10.3.0.0, 10.2.0.0") == "10.3.0.0"); // all are trusted: the first
    BOOST_TEST(by_x("") == "10.0.0.1");
}

BOOST_AUTO_TEST_CASE(several_lines_are_one_list) {
    const std::vector<Header> lines{
        {"X-Forwarded-For", "1.2.3.4, 203.0.113.1"},
        {"Host", "a"},
        {"X-Forwarded-For", "10.2.0.0"}};
    BOOST_TEST(client(customary, lines) == "203.0.113.1");
    const std::vector<Header> appended{
        {"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-For", "203.0.113.2"}};
    BOOST_TEST(client(customary, appended) == "203.0.113.2");
    const std::vector<Header> forwarded{
        {"Forwarded", "for=1.2.3.4"}, {"Forwarded", "for=203.0.113.2, for=10.1.1.1"}};
    BOOST_TEST(client(standard, forwarded) == "203.0.113.2");
}

BOOST_AUTO_TEST_CASE(addresses_come_with_and_without_port_and_brackets) {
    for (const std::string_view value :
         {"203.0.113.1", "203.0.113.1:4711", "\t 203.0.113.1  ", "::ffff:203.0.113.1",
          "[::ffff:cb00:7101]"})
        BOOST_TEST(by_x(value) == "203.0.113.1", value);
    for (const std::string_view value : {"2001:db8::1", "[2001:db8::1]", "[2001:DB8:0::1]:4711"})
        BOOST_TEST(by_x(value) == "2001:db8::1", value);
    BOOST_TEST(by_x("203.0.113.1, ::ffff:10.1.1.1") == "203.0.113.1");
}

BOOST_AUTO_TEST_CASE(what_is_no_address_ends_the_walk_at_the_hop_that_told_it) {
    for (const std::string_view element :
         {"unknown", "_hidden", "localhost", "203.0.113.1:", "203.0.113.1:123456", "203.0.113.1:x",
          "203.0.113.1 203.0.113.2", "[203.0.113.1]", "[2001:db8::1", "[2001:db8::1]4711",
          "2001:db8::1]", "[]", "[", "\"203.0.113.1\"", "203.0.113.01", "fe80::1%eth0", ":", "1"}) {
        BOOST_TEST(by_x(element) == "10.0.0.1", element);
        BOOST_TEST(by_x("1.2.3.4, " + std::string(element) + ", 10.5.5.5") == "10.5.5.5", element);
    }
}

BOOST_AUTO_TEST_CASE(empty_elements_are_passed_over) {
    BOOST_TEST(by_x(",203.0.113.1, ,, 10.2.2.2,") == "203.0.113.1");
    BOOST_TEST(by_forwarded(" , for=203.0.113.1,,") == "203.0.113.1");
}

BOOST_AUTO_TEST_CASE(only_so_many_hops_are_looked_at) {
    std::string chain = "203.0.113.1";
    for (std::size_t i = 1; i < TrustedProxies::max_hops; ++i)
        chain += ", 10.0.0." + std::to_string(i);
    BOOST_TEST(by_x(chain) == "203.0.113.1");
    BOOST_TEST(by_x(chain + ", 10.0.1.1") == "10.0.0.1");
    BOOST_TEST(by_x("203.0.113.1" + std::string(5000, ',')) == "10.0.0.1");
}

BOOST_AUTO_TEST_CASE(forwarded_is_read_as_its_rfc_has_it) {
    for (const std::string_view value :
         {"for=203.0.113.1", "For=203.0.113.1", "FOR=\"203.0.113.1\"", "for=\"203.0.113.1:4711\"",
          "for=\"203.0.113.1:_port\"", "for=203.0.113.1;proto=https;by=10.0.0.1",
          "proto=http;host=\"a;b,c\";for=203.0.113.1", "by=\"[2001:db8::9]:80\" ; for=203.0.113.1 ",
          "for=1.2.3.4, for=203.0.113.1", "for=\"20\\3.0.113.1\"", ";for=203.0.113.1;",
          "for=1.2.3.4, for=203.0.113.1, for=\"[2001:db8:1::7]:443\";proto=https",
          "host=\"\\\"\";for=203.0.113.1", "host=\"a\\\\\", for=203.0.113.1"})
        BOOST_TEST(by_forwarded(value) == "203.0.113.1", value);
    for (const std::string_view value :
         {"for=\"[2001:db8::1]\"", "for=\"[2001:db8::1]:4711\"", "for=\"[2001:db8::1]:_x.y-z\""})
        BOOST_TEST(by_forwarded(value) == "2001:db8::1", value);
}

BOOST_AUTO_TEST_CASE(what_names_nobody_in_forwarded_ends_the_walk) {
    for (const std::string_view element :
         {"for=unknown", "for=_hidden", "for=\"_gazonk\"", "proto=https", "for", "for=", "for=\"\"",
          "=203.0.113.1", "for=203.0.113.1;for=203.0.113.2", "for=203.0.113.1;for=unknown",
          "for =203.0.113.1;x y=1", "for=\"203.0.113.1", "for=\"203.0.113.1\"x", "203.0.113.1",
          "for=\"203.0.113.1\\", "for=203.0.113.1;broken"})
        BOOST_TEST(
            by_forwarded("for=1.2.3.4, " + std::string(element) + ", for=10.5.5.5") == "10.5.5.5",
            element);
}

BOOST_AUTO_TEST_CASE(a_client_cannot_hide_what_a_proxy_adds_behind_a_quotation_mark) {
    for (const std::string_view forged :
         {"for=\"", "\"", "for=\"1.2.3.4", "for=\"\\", "\\", "for=1.2.3.4\"",
          "for=\"1.2.3.4, for=\""}) {
        const std::string begun(forged);
        BOOST_TEST(by_forwarded(begun + ", for=203.0.113.1") == "203.0.113.1", forged);
        BOOST_TEST(
            by_forwarded(begun + ", for=\"203.0.113.1:80\", for=\"10.1.1.1\"") == "203.0.113.1",
            forged);
        BOOST_TEST(by_x(begun + ", 203.0.113.1") == "203.0.113.1", forged);
    }
}

BOOST_AUTO_TEST_CASE(of_random_bytes_comes_some_address_and_no_harm) {
    std::mt19937 random(7239); // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
    const std::string_view alphabet = "for=\"\\,; []:.0123456789abcdef_unkow\t";
    for (int round = 0; round < 20'000; ++round) {
        std::string value(random() % 60, ' ');
        for (char& c : value)
            c = alphabet[random() % alphabet.size()];
        BOOST_TEST_REQUIRE(!by_x(value).empty());
        BOOST_TEST_REQUIRE(by_x(value + ", 203.0.113.1") == "203.0.113.1");
        BOOST_TEST_REQUIRE(by_forwarded(value + ",for=\"203.0.113.1\"") == "203.0.113.1");
    }
}

BOOST_AUTO_TEST_SUITE_END()
