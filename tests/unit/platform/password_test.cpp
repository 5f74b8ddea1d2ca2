#include "mfad/platform/password.hpp"

#include <boost/test/unit_test.hpp>

#include <ctime>

using namespace mfad::platform;

namespace {

// Test vectors of the reference implementation (P-H-C/phc-winner-argon2, src/test.c), Argon2id,
// version 19.
constexpr std::string_view small =
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
constexpr std::string_view two_lanes =
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
constexpr std::string_view largest =
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

/// CPU time of this thread, which other processes cannot stretch.
double cpu_seconds(auto&& work) {
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    };
    double best = 1e9;
    for (int i = 0; i < 5; ++i) {
        const double start = now();
        work();
        best = std::min(best, now() - start);
    }
    return best;
}

} // namespace

BOOST_AUTO_TEST_SUITE(password_tests)

BOOST_AUTO_TEST_CASE(a_hash_verifies_its_own_password_alone) {
    const auto phc = hash_password("correct horse");
    BOOST_TEST(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    BOOST_TEST(is_usable_password_hash(phc));
    BOOST_TEST(verify_password(phc, "correct horse"));
    BOOST_TEST(!verify_password(phc, "correct hors"));
    BOOST_TEST(!verify_password(phc, "correct horse "));
    BOOST_TEST(!verify_password(phc, ""));
    BOOST_TEST(hash_password("correct horse") != phc); // salted
}

BOOST_AUTO_TEST_CASE(secrets_are_bytes) {
    using namespace std::string_literals;
    const auto phc = hash_password("a\0b"s);
    BOOST_TEST(verify_password(phc, "a\0b"s));
    BOOST_TEST(!verify_password(phc, "a"s));
    BOOST_TEST(!verify_password(phc, "a\0c"s));
    BOOST_TEST(verify_password(hash_password(""), ""));
}

BOOST_AUTO_TEST_CASE(hashes_of_the_reference_implementation_verify) {
    for (const auto phc : {small, two_lanes, largest}) {
        BOOST_TEST(verify_password(phc, "password"));
        BOOST_TEST(!verify_password(phc, "passwore"));
    }
}

BOOST_AUTO_TEST_CASE(no_record_can_ask_for_more_than_the_bounds) {
    const auto with = [](std::string_view parameters) {
        return "$argon2id$v=19$" + std::string(parameters) +
               "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    };
    for (const auto* good : {"m=32,t=1,p=4", "m=65536,t=8,p=4"})
        BOOST_TEST(is_usable_password_hash(with(good)));
    for (const auto* bad :
         {"m=10485760,t=2,p=1", "m=65537,t=2,p=1", "m=31,t=2,p=1", "m=0,t=2,p=1", "m=256,t=9,p=1",
          "m=256,t=0,p=1", "m=256,t=2,p=5", "m=256,t=2,p=0", "m=4294967552,t=2,p=1",
          "m=99999999999999999999,t=2,p=1", "m=-256,t=2,p=1", "m=+256,t=2,p=1", "m=0256,t=2,p=1",
          "m=256,t=2", "m=256,p=1,t=2", "m= 256,t=2,p=1", "m=256,t=2,p=1,keyid=AA", ""}) {
        BOOST_TEST_CONTEXT(bad) {
            BOOST_TEST(!is_usable_password_hash(with(bad)));
            BOOST_TEST(!verify_password(with(bad), "password"));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_argon2id_hash_verifies_nothing) {
    const std::string whole(small);
    const auto changed = [&](std::string_view from, std::string_view to) {
        auto text = whole;
        return text.replace(text.find(from), from.size(), to);
    };
    for (const auto& bad :
         {std::string(),
          std::string("password"),
          std::string("$"),
          changed("argon2id", "argon2i"),
          changed("argon2id", "argon2d"),
          changed("v=19", "v=16"),
          changed("$v=19", ""),
          changed("c29tZXNhbHQ", "c29tZXNh"),
          changed("c29tZXNhbHQ", "c29tZXNhbHQ="),
          changed("c29tZXNhbHQ", "c29tZXNhbH_"),
          changed("c29tZXNhbHQ", "c29tZXNhbHR"),
          changed("c29tZXNhbHQ", std::string(87, 'A')),
          changed("/4", ""),
          whole + "=",
          whole + "$",
          whole + " ",
          whole + '\0',
          " " + whole,
          whole.substr(0, whole.size() - 25),
          whole + std::string(100, 'A')})
        BOOST_TEST_CONTEXT(bad) BOOST_TEST(!verify_password(bad, "password"));
}

BOOST_AUTO_TEST_CASE(a_login_that_nobody_has_costs_a_hash_too) {
    const auto phc = hash_password("password");
    const double known = cpu_seconds([&] { BOOST_TEST(!verify_password(phc, "wrong")); });
    const double unknown = cpu_seconds([] { dummy_verify("wrong"); });
    BOOST_TEST(unknown > known / 3);
    BOOST_TEST(unknown < known * 3);
}

BOOST_AUTO_TEST_SUITE_END()
