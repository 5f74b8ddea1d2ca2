#include "mfad/platform/sealer.hpp"

#include "key_files.hpp"
#include "mfad/platform/encoding.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace mfad::platform;
using namespace mfad::test;
using namespace std::chrono_literals;

namespace {

const UnixMillis now{1795323780000ms};

Place place(std::initializer_list<std::string_view> parts) {
    Place out;
    for (const auto part : parts)
        out.part(part);
    return out;
}

/// Why it does not open; nothing when it does.
std::optional<Unopened> why(
    Sealer& sealer, SealPurpose purpose, const Place& at, std::string_view sealed) {
    const auto plain = sealer.open(purpose, at, sealed);
    return plain ? std::nullopt : std::optional(plain.error());
}

} // namespace

BOOST_AUTO_TEST_SUITE(sealer_tests)

BOOST_AUTO_TEST_CASE(a_value_sealed_elsewhere_opens) {
    // Made with Python's hmac (HKDF) and cryptography (AES-GCM), from the description in the
    // header.
    const auto sealed = *from_hex("0107000102030405060708090a0b29edc927c35099c2e64390d7a0d9b16f9a97"
                                  "e753a02e655cfd9337b96d6bc555");
    const KeyRing ring = known_keys();
    Sealer sealer(ring);
    BOOST_TEST(
        sealer.open(SealPurpose::factor, place({"acme", "42"}), sealed).value() ==
        "JBSWY3DPEHPK3PXP");
    BOOST_TEST(sealer.is_current(sealed));
}

BOOST_AUTO_TEST_CASE(what_is_sealed_opens_and_says_its_version_and_key) {
    Sealer sealer(known_keys());
    for (const auto& plain : {std::string(), std::string("x"), std::string(5000, '\0')}) {
        const auto sealed = sealer.seal(SealPurpose::email, place({"acme", "42"}), plain);
        BOOST_TEST(sealed.size() == plain.size() + Sealer::overhead);
        BOOST_TEST(sealed[0] == 1);
        BOOST_TEST(sealed[1] == 7);
        BOOST_TEST(sealer.open(SealPurpose::email, place({"acme", "42"}), sealed).value() == plain);
    }
    const auto once = sealer.seal(SealPurpose::email, Place(), "same");
    BOOST_TEST(once != sealer.seal(SealPurpose::email, Place(), "same"));
}

BOOST_AUTO_TEST_CASE(a_value_opens_in_its_place_and_for_its_purpose_only) {
    Sealer sealer(known_keys());
    const Place home = place({"acme", "42", "totp"});
    const auto sealed = sealer.seal(SealPurpose::factor, home, "secret");
    const Place others[] = {place({"acme", "43", "totp"}),
                            place({"bcme", "42", "totp"}),
                            place({"acme", "42", "email"}),
                            place({"acme42totp"}),
                            place({"acme", "42"}),
                            place({"acme", "42", "totp", ""}),
                            place({"acme4", "2", "totp"}),
                            place({"42", "acme", "totp"}),
                            place({"", "acme", "42", "totp"})};
    for (const Place& other : others)
        BOOST_CHECK(why(sealer, SealPurpose::factor, other, sealed) == Unopened::forged);
    for (const auto purpose : {SealPurpose::email, SealPurpose::mail_job, SealPurpose::idempotency})
        BOOST_CHECK(why(sealer, purpose, home, sealed) == Unopened::forged);
    BOOST_CHECK(!why(sealer, SealPurpose::factor, home, sealed));
}

BOOST_AUTO_TEST_CASE(no_change_of_any_bit_goes_unnoticed) {
    Sealer sealer(known_keys());
    const auto sealed = sealer.seal(SealPurpose::factor, place({"a"}), "secret");
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        std::string changed = sealed;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        const auto expected = bit < 8    ? Unopened::unknown_version
                              : bit < 16 ? Unopened::unknown_key
                                         : Unopened::forged;
        BOOST_CHECK(why(sealer, SealPurpose::factor, place({"a"}), changed) == expected);
    }
}

BOOST_AUTO_TEST_CASE(what_is_too_short_is_told_apart) {
    Sealer sealer(known_keys());
    const auto sealed = sealer.seal(SealPurpose::factor, place({"a"}), "");
    for (std::size_t size = 0; size < sealed.size(); ++size)
        BOOST_CHECK(
            why(sealer, SealPurpose::factor, place({"a"}), sealed.substr(0, size)) ==
            Unopened::cut_short);
}

BOOST_AUTO_TEST_CASE(another_ring_opens_nothing) {
    Sealer ours(KeyRing::generate(now));
    Sealer theirs(KeyRing::generate(now)); // the same key id, another key
    Sealer known(known_keys());            // another key id
    const auto sealed = ours.seal(SealPurpose::email, place({"a"}), "x");
    BOOST_CHECK(why(theirs, SealPurpose::email, place({"a"}), sealed) == Unopened::forged);
    BOOST_CHECK(why(known, SealPurpose::email, place({"a"}), sealed) == Unopened::unknown_key);
    BOOST_CHECK_THROW(
        theirs.open(SealPurpose::email, place({"a"}), sealed).value(), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(keys_rotate_without_a_value_that_cannot_be_opened) {
    KeyRing ring = KeyRing::generate(now);
    const Place home = place({"acme", "42", "email"});
    Sealer before(ring);
    const auto old_value = before.seal(SealPurpose::email, home, "old");

    const std::uint8_t id = ring.add(KeyUse::seal, now + 1h);
    Sealer between(ring); // knows the new key, seals with the old one
    const auto middle = between.seal(SealPurpose::email, home, "middle");
    BOOST_TEST(before.open(SealPurpose::email, home, middle).value() == "middle");

    ring.retire(1, now);
    Sealer after(ring);
    const auto fresh = after.seal(SealPurpose::email, home, "new");
    BOOST_TEST(static_cast<std::uint8_t>(fresh[1]) == id);
    BOOST_TEST(after.open(SealPurpose::email, home, old_value).value() == "old");
    BOOST_TEST(between.open(SealPurpose::email, home, fresh).value() == "new");
    BOOST_CHECK(why(before, SealPurpose::email, home, fresh) == Unopened::unknown_key);
    BOOST_TEST(!after.is_current(old_value));
    BOOST_TEST(after.is_current(fresh));
}

BOOST_AUTO_TEST_CASE(a_value_that_names_another_key_is_opened_with_no_other) {
    KeyRing ring = KeyRing::generate(now);
    const std::uint8_t id = ring.add(KeyUse::seal, now);
    Sealer sealer(ring);
    auto sealed = sealer.seal(SealPurpose::email, place({"a"}), "x");
    sealed[1] = static_cast<char>(id);
    BOOST_CHECK(why(sealer, SealPurpose::email, place({"a"}), sealed) == Unopened::forged);
    sealed[1] = 2; // the pepper's
    BOOST_CHECK(why(sealer, SealPurpose::email, place({"a"}), sealed) == Unopened::unknown_key);
}

BOOST_AUTO_TEST_CASE(no_two_places_look_alike) {
    const std::vector<std::vector<std::string_view>> places{
        {},
        {""},
        {"", ""},
        {"ab"},
        {"a", "b"},
        {"", "ab"},
        {"ab", ""},
        {"a"},
        {"a", ""},
        {std::string_view("\0\0\0\1a", 5)},
        {"a", "b", ""},
        {std::string_view("\0\0\0\0", 4)},
    };
    std::set<std::string> seen;
    for (const auto& parts : places) {
        Place p;
        for (const auto part : parts)
            p.part(part);
        seen.emplace(p.bytes());
    }
    BOOST_TEST(seen.size() == places.size());
}

BOOST_AUTO_TEST_SUITE_END()
