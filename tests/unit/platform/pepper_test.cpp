#include "mfad/platform/pepper.hpp"

#include "key_files.hpp"
#include "mfad/platform/encoding.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace mfad::platform;
using namespace mfad::test;
using namespace std::chrono_literals;

namespace {
Place user() {
    Place place;
    place.part("acme").part("42");
    return place;
}
} // namespace

BOOST_AUTO_TEST_SUITE(pepper_tests)

BOOST_AUTO_TEST_CASE(digests_are_those_of_another_implementation) {
    // Made with Python's hmac, from the description in the header.
    const Pepper pepper(known_keys());
    const std::tuple<DigestPurpose, const char*, const char*> table[] = {
        {DigestPurpose::code, "eb586f94ab9797b09358e8c8982fea9d5881c37d9151f92851b9218359896df9",
         "e3cf03a3f8c9a50584da786ff8e6965b4b3aa17ea46a6bb59b469eef18dfc10b"},
        {DigestPurpose::recovery_code,
         "4a1e4145f6b2c3bd9614607a38d4132ed4dd029504cc0696345bcaceb94e8efd",
         "4a2f9771c4752f30f478deae57c212836822f37a955e34c8853c27e04b1077e6"},
        {DigestPurpose::address, "e3987cce2fcf476a84a36dc03b32e1e9bb4350282c16b6911dd2701b743a6b79",
         "0abddc3c82cdba8be9d416df559e0627b933d33d9a55c269238fda12e694195e"}};
    for (const auto& [purpose, in_use, retired] : table) {
        BOOST_TEST(hex(pepper.digest(purpose, user(), "123456")) == in_use);
        const auto all = pepper.digests(purpose, user(), "123456");
        BOOST_TEST_REQUIRE(all.size() == 2U);
        BOOST_TEST(hex(all[0]) == in_use);
        BOOST_TEST(hex(all[1]) == retired);
    }
}

BOOST_AUTO_TEST_CASE(place_text_and_purpose_all_count) {
    const Pepper pepper(known_keys());
    Place other;
    other.part("acme").part("43");
    Place shorter;
    shorter.part("acme");
    std::set<std::string> seen{
        pepper.digest(DigestPurpose::code, user(), "123456"),
        pepper.digest(DigestPurpose::code, user(), "123457"),
        pepper.digest(DigestPurpose::code, other, "123456"),
        pepper.digest(DigestPurpose::address, user(), "123456"),
        // What ends the place may not begin the text.
        pepper.digest(
            DigestPurpose::code, shorter,
            std::string(
                "\0\0\0\2"
                "42123456",
                12)),
    };
    BOOST_TEST(seen.size() == 5U);
    BOOST_TEST(*seen.begin() != "");
}

BOOST_AUTO_TEST_CASE(peppers_rotate_by_addition) {
    const UnixMillis now{1795323780000ms};
    KeyRing ring = KeyRing::generate(now);
    const Pepper before(ring);
    const auto stored = before.digest(DigestPurpose::recovery_code, user(), "abcd-efgh");
    ring.add(KeyUse::pepper, now);
    const Pepper between(ring);
    BOOST_TEST(between.digest(DigestPurpose::recovery_code, user(), "abcd-efgh") == stored);
    ring.retire(2, now);
    const Pepper after(ring);
    const auto fresh = after.digest(DigestPurpose::recovery_code, user(), "abcd-efgh");
    BOOST_TEST(fresh != stored);
    const auto all = after.digests(DigestPurpose::recovery_code, user(), "abcd-efgh");
    BOOST_TEST_REQUIRE(all.size() == 2U);
    BOOST_TEST(all[0] == fresh);
    BOOST_TEST(all[1] == stored);
    // An instance that has not been told of the retirement yet checks what one that has been has
    // stored.
    BOOST_TEST(between.digests(DigestPurpose::recovery_code, user(), "abcd-efgh")[1] == fresh);
}

BOOST_AUTO_TEST_SUITE_END()
