#include "mfad/mail/address.hpp"

#include "mfad/domain/email_address.hpp"
#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

using mfad::domain::EmailAddress;
using mfad::mail::is_wire_address;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(wire_address_tests)

BOOST_AUTO_TEST_CASE(
    whatever_a_person_may_have_as_address_can_be_sent_to_and_nothing_refused_gets_through) {
    const auto file = mfad::test::read_vectors("email-addresses.json");
    int passed = 0;
    for (const auto& v : file.at("vectors").as_array()) {
        const auto given = mfad::test::text(v, "address");
        if (const auto address = EmailAddress::parse(given)) {
            BOOST_TEST(is_wire_address(address->address()), given);
            ++passed;
        } else if (is_wire_address(given)) {
            // Harmless on the wire, and no person's: one label, or numbers.
            BOOST_TEST(
                (given == "user@localhost" || given == "user@192.0.2.1" ||
                 given == "user@-example.org" || given.size() > 70),
                given);
        }
    }
    BOOST_TEST(passed == 7);
}

BOOST_AUTO_TEST_CASE(nothing_can_be_added_to_an_envelope_address) {
    for (const auto& bad :
         {"a@b.example>\r\nDATA"s, "a@b.example SIZE=1"s, "a@b.example\0"s, "<a@b.example>"s,
          "a@b.example,c@d.example"s, "\"a b\"@b.example"s, "a@[127.0.0.1]"s, "a@b@c.example"s,
          "@relay.example:a@b.example"s, "a@b..example"s, "a..b@c.example"s, ""s, "a@"s, "@b"s,
          "\xc3\xbc@b.example"s})
        BOOST_TEST(!is_wire_address(bad), bad);
    const std::string longest(64, 'a');
    BOOST_TEST(is_wire_address(longest + "@b.example"));
    BOOST_TEST(!is_wire_address("a" + longest + "@b.example"));
}

BOOST_AUTO_TEST_CASE(the_domain_is_what_follows_the_at_sign) {
    BOOST_TEST(mfad::mail::domain_of("a@b.example") == "b.example");
}

BOOST_AUTO_TEST_SUITE_END()
