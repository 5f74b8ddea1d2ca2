#include "mfad/domain/email_address.hpp"

#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

using mfad::domain::AddressFault;
using mfad::domain::EmailAddress;
using mfad::test::read_vectors;
using mfad::test::text;
using namespace std::string_literals;

namespace {

std::string parsed(std::string_view address) {
    const auto result = EmailAddress::parse(address);
    return result ? result->address() : std::string("refused: ").append(to_string(result.error()));
}

AddressFault fault(std::string_view address) {
    const auto result = EmailAddress::parse(address);
    BOOST_REQUIRE(!result);
    return result.error();
}

} // namespace

BOOST_AUTO_TEST_SUITE(email_address_tests)

BOOST_AUTO_TEST_CASE(every_published_address_gets_its_verdict) {
    int accepted = 0;
    int refused = 0;
    const auto file = read_vectors("email-addresses.json");
    for (const auto& v : file.at("vectors").as_array()) {
        const auto address = text(v, "address");
        const auto result = EmailAddress::parse(address);
        if (text(v, "verdict") == "accept") {
            const auto& fields = v.as_object();
            const auto expected = fields.contains("normalised") ? text(v, "normalised") : address;
            BOOST_TEST(parsed(address) == expected);
            ++accepted;
        } else {
            // "accept-if-smtputf8" as well: SMTPUTF8 is off.
            BOOST_TEST(!result, address);
            ++refused;
        }
    }
    BOOST_TEST(accepted == 7);
    BOOST_TEST(refused == 28);
}

BOOST_AUTO_TEST_CASE(a_refusal_says_what_is_wrong) {
    BOOST_CHECK(fault("user") == AddressFault::no_at_sign);
    BOOST_CHECK(fault("\xc3\xbcser@example.org") == AddressFault::not_ascii);
    BOOST_CHECK(fault("us er@example.org") == AddressFault::local_part);
    BOOST_CHECK(fault("user@example.org\r\nRCPT TO:<x@example.org>") == AddressFault::domain);
    BOOST_CHECK(fault("user@example.org\0.evil.example"s) == AddressFault::domain);
    BOOST_CHECK(fault("user@" + std::string(5000, 'a')) == AddressFault::too_long);
}

BOOST_AUTO_TEST_CASE(lengths_are_counted_on_what_is_sent) {
    const std::string label(63, 'b');
    const std::string domain = label + '.' + label + '.' + label; // 191 octets
    BOOST_TEST(parsed("a@" + domain + ".org") == "a@" + domain + ".org");
    BOOST_CHECK(fault(std::string(60, 'a') + '@' + domain + ".org") == AddressFault::too_long);
    BOOST_CHECK(fault("a@b" + label + ".org") == AddressFault::domain);
    // 254 octets pass, 255 do not.
    const std::string local(50, 'a');
    BOOST_TEST(parsed(local + '@' + domain + ".exampleorgx").size() == 254U);
    BOOST_CHECK(fault(local + '@' + domain + ".exampleorgxx") == AddressFault::too_long);
    // 20 characters of two bytes each: short enough once they are an A-label.
    std::string wide;
    for (int i = 0; i < 20; ++i)
        wide += "\xc3\xbc";
    BOOST_TEST(parsed("a@" + wide + ".example").starts_with("a@xn--"));
    // 40 of them are 63 octets or fewer as A-label, a hundred are not.
    for (int i = 0; i < 80; ++i)
        wide += "\xc3\xbc";
    BOOST_CHECK(fault("a@" + wide + ".example") == AddressFault::domain);
}

BOOST_AUTO_TEST_CASE(one_domain_has_one_form) {
    const std::string canonical = "u@xn--bcher-kva.example";
    BOOST_TEST(
        parsed("u@b\xc3\xbc"
               "cher.example") == canonical);
    BOOST_TEST(
        parsed("u@bu\xcc\x88"
               "cher.example") == canonical); // u and combining diaeresis
    BOOST_TEST(parsed("u@XN--BCHER-KVA.Example") == canonical);
    BOOST_TEST(
        parsed("u@b\xc3\xbc"
               "cher\xe3\x80\x82"
               "example") == canonical); // ideographic stop
    // Non-transitional: sharp s is a letter of its own (IDNA2008), not "ss".
    BOOST_TEST(
        parsed("u@stra\xc3\x9f"
               "e.example") == "u@xn--strae-oqa.example");
    // A-labels that no Unicode label leads to (the third holds a capital letter), and what IDNA2008
    // or UTF-8 excludes.
    for (const auto* bad :
         {"u@xn--.example", "u@xn--a.example", "u@xn--bcher-2pa.example",
          "u@\xe2\x80\xae"
          "abc.example",
          "u@\xf0\x9f\x94\x91.example", "u@\xff\xfe.example",
          "u@a\xe2\x84\x80"
          "b.example"})
        BOOST_TEST(!EmailAddress::parse(bad), bad);
}

BOOST_AUTO_TEST_CASE(the_local_part_makes_addresses_different_and_the_domain_s_case_does_not) {
    const auto key = [](std::string_view address) {
        return std::string(EmailAddress::parse(address)->lookup_key());
    };
    BOOST_TEST(key("kelvin@EXAMPLE.org") == key("kelvin@example.ORG"));
    BOOST_TEST(key("Kelvin@example.org") != key("kelvin@example.org"));
    BOOST_CHECK(*EmailAddress::parse("a@Example.org") == *EmailAddress::parse("a@example.org"));
}

BOOST_AUTO_TEST_CASE(an_address_tells_its_domain) {
    BOOST_TEST(EmailAddress::parse("user@Example.ORG")->domain() == "example.org");
    BOOST_TEST(EmailAddress::parse("u@b\u00fccher.example")->domain() == "xn--bcher-kva.example");
}

BOOST_AUTO_TEST_CASE(a_masked_address_shows_its_first_letter_and_domain) {
    BOOST_TEST(EmailAddress::parse("user@example.org")->masked() == "u***@example.org");
    BOOST_TEST(EmailAddress::parse("u@example.org")->masked() == "u***@example.org");
}

BOOST_AUTO_TEST_SUITE_END()
