#include "mfad/service/denials.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

using mfad::domain::RateVerdict;
using mfad::service::Denials;
using namespace std::chrono_literals;

namespace {

const RateVerdict refused{false, 0, 1h, 1h};

} // namespace

BOOST_AUTO_TEST_SUITE(denials_tests)

BOOST_AUTO_TEST_CASE(each_policy_and_subject_has_its_own) {
    Denials denials;
    const auto now = std::chrono::steady_clock::now();
    denials.keep("user", "acme\n1", {refused}, now, now);
    BOOST_TEST(denials.find("user", "acme\n1", now).has_value());
    BOOST_TEST(!denials.find("user", "acme\n2", now));
    BOOST_TEST(!denials.find("address", "acme\n1", now));
    BOOST_TEST(!denials.find("user", "acme\n1", now + 1h));
    BOOST_TEST(!denials.find("user", "acme\n1", now)); // gone, since it was over
}

BOOST_AUTO_TEST_CASE(what_allows_is_not_kept) {
    Denials denials;
    const auto now = std::chrono::steady_clock::now();
    denials.keep("user", "acme\n1", {RateVerdict{true, 5, 0us, 1s}}, now, now);
    BOOST_TEST(!denials.find("user", "acme\n1", now));
}

BOOST_AUTO_TEST_CASE(what_was_asked_before_limits_changed_is_not_kept) {
    Denials denials;
    const auto now = std::chrono::steady_clock::now();
    denials.keep("user", "acme\n1", {refused}, now, now);
    denials.clear(now + 1us);
    BOOST_TEST(!denials.find("user", "acme\n1", now + 1us));
    denials.keep("user", "acme\n1", {refused}, now, now);
    BOOST_TEST(!denials.find("user", "acme\n1", now + 1us));
    denials.keep("user", "acme\n1", {refused}, now + 1us, now + 1us);
    BOOST_TEST(denials.find("user", "acme\n1", now + 1us).has_value());
}

BOOST_AUTO_TEST_CASE(however_many_are_refused_it_keeps_only_so_many) {
    Denials denials;
    const auto now = std::chrono::steady_clock::now();
    const std::size_t many = 3 * Denials::most;
    for (std::size_t i = 0; i < many; ++i)
        denials.keep("address", std::to_string(i), {refused}, now, now);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < many; ++i)
        kept += denials.find("address", std::to_string(i), now) ? 1U : 0U;
    BOOST_TEST(kept == Denials::most);
    BOOST_TEST(denials.find("address", std::to_string(many - 1), now).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
