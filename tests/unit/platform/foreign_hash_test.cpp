#include "mfad/platform/foreign_hash.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace mfad::platform;

namespace {

struct Known {
    std::string_view hash;
    std::string_view text;
};

// Of Openwall's crypt_blowfish 1.3, wrapper.c; for ASCII all three kinds are the same.
constexpr Known bcrypt_a{"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"};
constexpr Known bcrypt_b{"$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"};
constexpr Known bcrypt_y{"$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", "\xa3"};

// Of the reference implementation of Argon2, src/test.c.
constexpr Known argon2i_16{
    "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY", "password"};
constexpr Known argon2i_19{
    "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
    "password"};
constexpr Known argon2id{
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
    "password"};

std::string changed(std::string_view whole, std::string_view from, std::string_view to) {
    std::string text(whole);
    return text.replace(text.find(from), from.size(), to);
}

std::string argon2id_with(std::string_view parameters) {
    return changed(argon2id.hash, "m=256,t=2,p=2", parameters);
}

} // namespace

BOOST_AUTO_TEST_SUITE(foreign_hash_tests)

BOOST_AUTO_TEST_CASE(published_hashes_match_their_texts_alone) {
    for (const auto& [hash, text] :
         {bcrypt_a, bcrypt_b, bcrypt_y, argon2i_16, argon2i_19, argon2id}) {
        BOOST_TEST_CONTEXT(hash) {
            BOOST_TEST(is_foreign_hash(hash));
            BOOST_TEST(foreign_hash_matches(hash, text));
            BOOST_TEST(!foreign_hash_matches(hash, std::string(text) + "x"));
            BOOST_TEST(!foreign_hash_matches(hash, text.substr(1)));
            BOOST_TEST(!foreign_hash_matches(hash, ""));
        }
    }
    const auto named = changed(argon2i_16.hash, "$m=", "$v=16$m=");
    BOOST_TEST(foreign_hash_matches(named, "password"));
    BOOST_TEST(!foreign_hash_matches(changed(argon2i_19.hash, "v=19", "v=16"), "password"));
}

BOOST_AUTO_TEST_CASE(every_character_of_a_hash_counts) {
    for (const std::size_t at : {30U, 45U, 59U}) {
        std::string other(bcrypt_a.hash);
        other[at] = other[at] == 'a' ? 'b' : 'a';
        BOOST_TEST(!foreign_hash_matches(other, bcrypt_a.text), other);
    }
    BOOST_TEST(!foreign_hash_matches(changed(bcrypt_a.hash, "$05$", "$06$"), bcrypt_a.text));
}

// Some implementations fill the four spare bits of a salt's last character: `/` differs from `.` in
// one of them, `O` in another bit.
BOOST_AUTO_TEST_CASE(spare_bits_of_a_bcrypt_salt_do_not_count) {
    BOOST_TEST(foreign_hash_matches(changed(bcrypt_a.hash, "C.E5", "C/E5"), bcrypt_a.text));
    BOOST_TEST(!foreign_hash_matches(changed(bcrypt_a.hash, "C.E5", "COE5"), bcrypt_a.text));
}

BOOST_AUTO_TEST_CASE(bcrypt_knows_no_zero_bytes_and_no_long_texts) {
    using namespace std::string_literals;
    BOOST_TEST(!foreign_hash_matches(bcrypt_a.hash, "U*U\0"s));
    BOOST_TEST(!foreign_hash_matches(bcrypt_a.hash, "U*U\0x"s));
    // Openwall's vector of 72 bytes, of which bcrypt would see no more.
    constexpr std::string_view hash =
        "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
    const std::string longest = "0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    BOOST_TEST(foreign_hash_matches(hash, longest));
    BOOST_TEST(!foreign_hash_matches(hash, longest + "chars after 72 are ignored"));
}

BOOST_AUTO_TEST_CASE(no_record_can_ask_for_more_than_the_caps) {
    for (const auto* cost : {"$04$", "$09$", "$10$", "$14$"})
        BOOST_TEST(is_foreign_hash(changed(bcrypt_a.hash, "$05$", cost)), cost);
    for (const auto* cost :
         {"$03$", "$00$", "$15$", "$31$", "$99$", "$5$", "$005$", "$ 5$", "$0x$", "$1:$", "$1/$"}) {
        BOOST_TEST(!is_foreign_hash(changed(bcrypt_a.hash, "$05$", cost)), cost);
        BOOST_TEST(!foreign_hash_matches(changed(bcrypt_a.hash, "$05$", cost), "U*U"), cost);
    }
    for (const auto* good : {"m=8,t=1,p=1", "m=64,t=10,p=8", "m=262144,t=10,p=1"})
        BOOST_TEST(is_foreign_hash(argon2id_with(good)), good);
    for (const auto* bad :
         {"m=262145,t=1,p=1", "m=7,t=1,p=1", "m=8,t=1,p=2", "m=63,t=1,p=8", "m=256,t=0,p=1",
          "m=256,t=11,p=1", "m=256,t=1,p=0", "m=256,t=1,p=9", "m=4294967552,t=1,p=1",
          "m=99999999999999999999,t=1,p=1", "m=0256,t=1,p=1", "m=256,t=1,p=1,keyid=AA", "m=256"}) {
        BOOST_TEST(!is_foreign_hash(argon2id_with(bad)), bad);
        BOOST_TEST(!foreign_hash_matches(argon2id_with(bad), "password"), bad);
    }
}

BOOST_AUTO_TEST_CASE(what_is_none_of_these_hashes_matches_nothing) {
    for (const auto& bad : {
             std::string(),
             std::string("U*U"),
             std::string("*0"),
             changed(bcrypt_a.hash, "$2a$", "$2x$"), // the broken one
             changed(bcrypt_a.hash, "$2a$", "$2$"),
             changed(bcrypt_a.hash, "$2a$", "$1$"),
             changed(bcrypt_a.hash, "C.E5", "C-E5"),
             changed(bcrypt_a.hash, "C.E5", std::string_view("C\0E5", 4)),
             std::string(bcrypt_a.hash.substr(0, 59)),
             std::string(bcrypt_a.hash.substr(0, 29)),
             std::string(bcrypt_a.hash) + "a",
             " " + std::string(bcrypt_a.hash),
             std::string("$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/O817G3uBnIFNjnQJuesI68"
                         "OTLiBFdcbYEdFCoEOfaS35inz1"),
             changed(argon2id.hash, "argon2id", "argon2d"),
             changed(argon2id.hash, "v=19", "v=18"),
             changed(argon2id.hash, "v=19$", "v=19$v=16$"),
             changed(argon2id.hash, "c29tZXNhbHQ", "c29tZXNh"),
             changed(argon2id.hash, "c29tZXNhbHQ", "c29tZXNhbHQ="),
             std::string(argon2id.hash) + std::string(1, '\0'),
             std::string(argon2id.hash) + "$",
         })
        BOOST_TEST_CONTEXT(bad) {
            BOOST_TEST(!is_foreign_hash(bad));
            BOOST_TEST(!foreign_hash_matches(bad, "U*U"));
            BOOST_TEST(!foreign_hash_matches(bad, "password"));
        }
}

BOOST_AUTO_TEST_SUITE_END()
