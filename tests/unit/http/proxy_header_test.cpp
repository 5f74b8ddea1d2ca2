#include "mfad/http/proxy_header.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <random>
#include <string>

using namespace std::string_literals;
using mfad::http::max_proxy_header;
using mfad::http::parse_proxy_header;
using mfad::http::ProxyHeader;
using Progress = ProxyHeader::Progress;

namespace {

/// In words: `?`, `no`, or the size and whom it speaks for.
std::string said(std::string_view bytes) {
    const ProxyHeader header = parse_proxy_header(bytes);
    if (header.progress == Progress::need_more) return "?";
    if (header.progress == Progress::refused) return "no";
    return std::to_string(header.size) + " " + (header.client ? header.client->text() : "itself");
}

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string v4_addresses = "\xcb\x00\x71\x07\x7f\x00\x00\x01\x12\x34\x00\x50"s;
const std::string v6_addresses = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x07" +
                                 std::string(15, '\0') + "\x01" + "\x12\x34\x00\x50"s;

std::string binary(unsigned command, unsigned family, const std::string& rest, std::size_t length) {
    std::string out = signature;
    out.push_back(static_cast<char>(command));
    out.push_back(static_cast<char>(family));
    out.push_back(static_cast<char>(length >> 8));
    out.push_back(static_cast<char>(length & 0xff));
    return out + rest;
}

std::string binary(unsigned command, unsigned family, const std::string& rest) {
    return binary(command, family, rest, rest.size());
}

/// Every header that is good, and what it says; also for every split: until it is whole, more is
/// asked for, and what follows does not matter.
void check_good(const std::string& header, const std::string& client) {
    for (std::size_t size = 0; size < header.size(); ++size)
        BOOST_TEST(said(std::string_view(header).substr(0, size)) == "?");
    const std::string expected = std::to_string(header.size()) + " " + client;
    BOOST_TEST(said(header) == expected);
    BOOST_TEST(said(header + "GET / HTTP/1.1\r\n\r\n") == expected);
    BOOST_TEST(said(header + header) == expected);
}

/// Once it is refused, more bytes do not change that.
void check_bad(const std::string& bytes) {
    BOOST_TEST(said(bytes) == "no", bytes);
    bool refused = false;
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        const std::string now = said(std::string_view(bytes).substr(0, size));
        BOOST_TEST((now == "no" || (now == "?" && !refused)), bytes);
        refused = refused || now == "no";
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(proxy_header_tests)

BOOST_AUTO_TEST_CASE(version_1_is_read_at_every_split) {
    check_good("PROXY TCP4 203.0.113.7 127.0.0.1 4660 80\r\n", "203.0.113.7");
    check_good("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255");
    check_good("PROXY TCP4 203.0.113.7 127.0.0.1 0 0\r\n", "203.0.113.7");
    check_good("PROXY TCP6 2001:db8::7 ::1 4660 80\r\n", "2001:db8::7");
    check_good("PROXY TCP6 ::ffff:203.0.113.7 ::1 4660 80\r\n", "203.0.113.7");
    check_good("PROXY UNKNOWN\r\n", "itself");
    check_good("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", "itself");
    check_good("PROXY UNKNOWN " + std::string(91, 'x') + "\r\n", "itself"); // 107 bytes
}

BOOST_AUTO_TEST_CASE(other_spellings_of_version_1_are_refused) {
    for (const auto* line :
         {"PROXY \r\n",
          "PROXY  TCP4 203.0.113.7 127.0.0.1 1 2\r\n",
          "PROXY TCP5 203.0.113.7 127.0.0.1 1 2\r\n",
          "PROXY tcp4 203.0.113.7 127.0.0.1 1 2\r\n",
          "PROXY TCP4\r\n",
          "PROXY TCP4 203.0.113.7\r\n",
          "PROXY TCP4 203.0.113.7 127.0.0.1 1\r\n",
          "PROXY TCP4 203.0.113.7 127.0.0.1 1 2 3\r\n",
          "PROXY TCP4 203.0.113.7 127.0.0.1 1 2 \r\n",
          "PROXY TCP4 203.0.113.7 127.0.0.1 1 \r\n",
          "PROXY TCP4 203.0.113.7  127.0.0.1 1 2\r\n",
          "PROXY TCP4 203.0.113.256 127.0.0.1 1 2\r\n",
          "PROXY TCP4 203.0.113.07 127.0.0.1 1 2\r\n",
          "PROXY TCP4 203.0.113.7 nobody 1 2\r\n",
          "PROXY TCP4 203.0.113.7 127.0.0.1 65536 2\r\n",
          "PROXY TCP4 203.0.113.7 127.0.0.1 01 2\r\n",
          "PROXY TCP4 203.0.113.7 127.0.0.1 -1 2\r\n",
          "PROXY TCP4 203.0.113.7 127.0.0.1 +1 2\r\n",
          "PROXY TCP4 2001:db8::7 ::1 1 2\r\n",
          "PROXY TCP6 203.0.113.7 127.0.0.1 1 2\r\n",
          "PROXY TCP6 2001:db8::7 127.0.0.1 1 2\r\n",
          "PROXY UNKNOWNS\r\n",
          "PROXY UNKNOWN\n",
          "PROXY\r\n",
          "PROXY UNKNOWN\rX\r\n",
          "PROXY UNKNOWN\r\r\n",
          "proxy UNKNOWN\r\n",
          "GET / HTTP/1.1\r\n",
          " PROXY UNKNOWN\r\n"})
        check_bad(line);
    check_bad("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n"); // 108 bytes
    check_bad("PROXY UNKNOWN " + std::string(200, 'x'));
    check_bad("PROXY TCP4 203.0.113.7 127.0.0.1\0 1 2\r\n"s);
}

BOOST_AUTO_TEST_CASE(version_2_is_read_at_every_split) {
    check_good(binary(0x21, 0x11, v4_addresses), "203.0.113.7");
    check_good(binary(0x21, 0x12, v4_addresses), "203.0.113.7");
    check_good(binary(0x21, 0x21, v6_addresses), "2001:db8::7");
    check_good(binary(0x21, 0x22, v6_addresses), "2001:db8::7");
    const std::string mapped =
        std::string(10, '\0') + "\xff\xff\xcb\x00\x71\x07"s + std::string(20, '\0');
    check_good(binary(0x21, 0x21, mapped), "203.0.113.7");
    check_good(binary(0x21, 0x31, std::string(216, 'x')), "itself");
    check_good(binary(0x21, 0x32, std::string(216, 'x')), "itself");
    check_good(binary(0x21, 0x00, ""), "itself");
    check_good(binary(0x21, 0x00, v4_addresses), "itself");
}

BOOST_AUTO_TEST_CASE(a_proxy_that_speaks_for_itself_is_the_client) {
    for (const unsigned family : {0x00U, 0x11U, 0x21U, 0x31U, 0x77U})
        check_good(binary(0x20, family, ""), "itself");
    check_good(binary(0x20, 0x11, v4_addresses), "itself");
}

BOOST_AUTO_TEST_CASE(extensions_of_version_2_are_passed_over) {
    check_good(binary(0x21, 0x11, v4_addresses + "\x04\x00\x03\x00\x00\x00"s), "203.0.113.7");
    check_good(binary(0x21, 0x11, v4_addresses + "\x03\x00\x04wrong"s), "203.0.113.7"); // CRC32C
    check_good(binary(0x21, 0x21, v6_addresses + std::string(300, '\xff')), "2001:db8::7");
    const std::string most(max_proxy_header - 16 - v4_addresses.size(), 'x');
    check_good(binary(0x21, 0x11, v4_addresses + most), "203.0.113.7");
    check_bad(binary(0x21, 0x11, v4_addresses + most + "x"));
    check_bad(binary(0x21, 0x11, "", 0xffff));
}

BOOST_AUTO_TEST_CASE(what_version_2_does_not_have_is_refused) {
    for (const unsigned command : {0x00U, 0x01U, 0x11U, 0x22U, 0x2fU, 0x31U, 0xffU})
        check_bad(binary(command, 0x11, v4_addresses));
    for (const unsigned family :
         {0x01U, 0x02U, 0x10U, 0x13U, 0x20U, 0x23U, 0x30U, 0x33U, 0x40U, 0x41U, 0xffU})
        check_bad(binary(0x21, family, v6_addresses));
    check_bad(binary(0x21, 0x11, v4_addresses, 11));
    check_bad(binary(0x21, 0x21, v6_addresses, 35));
    check_bad(binary(0x21, 0x31, std::string(216, 'x'), 215));
    check_bad("\r\n\r\n\0\r\nQUIT\r"s);
    check_bad("\r\nGET / HTTP/1.1\r\n");
    check_bad("\x16\x03\x01");
}

BOOST_AUTO_TEST_CASE(the_outcome_of_random_bytes_does_not_depend_on_their_split) {
    std::mt19937 random(2); // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
    const std::string beginnings[] = {
        "",
        "PROXY ",
        "PROXY TCP4 ",
        "PROXY UNKNOWN",
        signature,
        signature + "\x21\x11",
        signature + "\x20",
        binary(0x21, 0x11, "", 12),
        binary(0x21, 0x21, "", 40)};
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = beginnings[random() % std::size(beginnings)];
        for (std::size_t i = random() % 130; i > 0; --i)
            bytes.push_back(
                random() % 8 == 0 ? "\r\n 0"[random() % 4] : static_cast<char>(random()));
        const std::string whole = said(bytes);
        std::string first = "?";
        for (std::size_t size = 0; size <= bytes.size() && first == "?"; ++size)
            first = said(std::string_view(bytes).substr(0, size));
        BOOST_TEST_REQUIRE(first == whole);
        BOOST_TEST_REQUIRE((whole != "?" || bytes.size() < max_proxy_header));
    }
}

BOOST_AUTO_TEST_SUITE_END()
