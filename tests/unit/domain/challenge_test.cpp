#include "mfad/domain/challenge.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad;
using namespace mfad::domain;
using namespace std::chrono_literals;

namespace {

constexpr platform::UnixMillis noon{1'800'000'000'000ms};

std::chrono::milliseconds wait_after(unsigned failures, std::chrono::milliseconds later = 0ms) {
    return AttemptBudget{failures, noon}.wait(noon + later);
}

} // namespace

BOOST_AUTO_TEST_SUITE(attempt_budget_tests)

BOOST_AUTO_TEST_CASE(five_failures_are_free_and_then_waits_grow) {
    for (unsigned failures = 0; failures < 5; ++failures)
        BOOST_TEST((wait_after(failures) == 0ms));
    BOOST_TEST((wait_after(5) == 30s));
    for (unsigned failures = 6; failures < 10; ++failures)
        BOOST_TEST((wait_after(failures) > wait_after(failures - 1)));
    BOOST_TEST((wait_after(9) == 1h));
}

BOOST_AUTO_TEST_CASE(a_wait_ends_to_the_millisecond) {
    BOOST_TEST((wait_after(5, 29'999ms) == 1ms));
    BOOST_TEST((wait_after(5, 30s) == 0ms));
    BOOST_TEST((wait_after(5, 24h) == 0ms));
}

BOOST_AUTO_TEST_CASE(the_tenth_failure_is_the_last) {
    BOOST_TEST(!(AttemptBudget{9, noon}.is_disabled()));
    BOOST_TEST((AttemptBudget{10, noon}.is_disabled()));
    BOOST_TEST((AttemptBudget{255, noon}.is_disabled()));
}

BOOST_AUTO_TEST_SUITE_END()
