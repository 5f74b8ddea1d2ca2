#include "mfad/store/keys.hpp"

#include "vectors.hpp"

#include "mfad/platform/encoding.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::store;
using mfad::domain::UserRef;
using mfad::test::read_vectors;
using mfad::test::text;

BOOST_AUTO_TEST_SUITE(keys_tests)

BOOST_AUTO_TEST_CASE(slots_are_those_of_redis_cluster) {
    const auto vectors = read_vectors("redis-keyslot.json");
    for (const auto& v : vectors.at("vectors").as_array()) {
        const auto key = mfad::platform::from_hex(text(v, "keyHex")).value();
        BOOST_TEST(key_slot(key) == v.at("slot").to_number<int>(), text(v, "keyHex"));
    }
    BOOST_TEST(crc16("123456789") == 0x31C3);
}

BOOST_AUTO_TEST_CASE(everything_of_a_user_is_in_one_slot) {
    const Keys keys(64);
    for (int i = 0; i < 200; ++i) {
        const UserRef user{"acme", "user-" + std::to_string(i)};
        const unsigned p = keys.partition(user);
        const auto slot = key_slot(keys.user(user));
        BOOST_TEST(key_slot(keys.rules(p, "acme")) == slot);
        BOOST_TEST(key_slot(keys.due(p, MailClass::code)) == slot);
        BOOST_TEST(key_slot(keys.credentials(user)) == slot);
        BOOST_TEST(key_slot(keys.leased(p)) == slot);
        BOOST_TEST(key_slot(keys.link(p, "id")) == slot);
        BOOST_TEST(key_slot(keys.idempotency(p, "hash")) == slot);
    }
    BOOST_TEST(key_slot(keys.quota("acme", "xsolla")) == key_slot(keys.live_keys("acme", "id")));
}

BOOST_AUTO_TEST_CASE(no_id_can_be_taken_for_part_of_another) {
    const Keys keys(64);
    BOOST_TEST(keys.user({"a", "b:c"}) != keys.user({"a:b", "c"}));
    BOOST_TEST(keys.user({"1:a", "b"}) != keys.user({"1", "a:b"}));
    // A brace in an id does not move the tag.
    BOOST_TEST(keys.user({"a", "x{p1}"}).starts_with("mfa:{p"));
    BOOST_TEST(
        key_slot(keys.user({"a", "x{p1}"})) ==
        key_slot(keys.rules(keys.partition({"a", "x{p1}"}), "a")));
}

BOOST_AUTO_TEST_CASE(a_key_says_whose_record_it_is) {
    const Keys keys(1024);
    const std::string_view ids[] = {"42", "a:b", "x}:u:4:acme:y", "{p1}", "*[?]\\"};
    for (const std::string_view id : ids) {
        const UserRef user{"acme", std::string(id)};
        BOOST_TEST(Keys::user_of_key(keys.user(user), "acme").value() == id);
        BOOST_TEST(!Keys::user_of_key(keys.user(user), "acm").has_value());
        BOOST_TEST(!Keys::user_of_key(keys.user(user), "acme:a").has_value());
        BOOST_TEST(!Keys::user_of_key(keys.credentials(user), "acme").has_value());
    }
    const std::string forged = keys.user({"other", "x}:u:4:acme:evil"});
    BOOST_TEST(!Keys::user_of_key(forged, "acme").has_value());
    for (const std::string_view none : {"", "mfa:{p", "mfa:{p1}:u:4:acme:", "mfa:{p1}:t:acme"})
        BOOST_TEST(!Keys::user_of_key(none, "acme").has_value());
}

BOOST_AUTO_TEST_CASE(a_pattern_takes_a_tenants_id_for_nothing_but_text) {
    BOOST_TEST(Keys::user_pattern("acme") == "mfa:{p*}:u:4:acme:*");
    BOOST_TEST(Keys::user_pattern("a*[b]\\^") == R"(mfa:{p*}:u:7:a\*\[b\]\\\^:*)");
}

BOOST_AUTO_TEST_SUITE_END()
