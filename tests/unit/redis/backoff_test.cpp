#include "backoff.hpp"

#include <boost/test/unit_test.hpp>

using mfad::redis::Backoff;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(backoff_tests)

BOOST_AUTO_TEST_CASE(waits_double_up_to_the_most_and_start_again_after_a_success) {
    Backoff backoff(50ms, 300ms);
    for (const auto wanted : {50ms, 100ms, 200ms, 300ms, 300ms})
        BOOST_TEST(backoff.next(0).count() == wanted.count());
    backoff.reset();
    BOOST_TEST(backoff.next(0).count() == 50);
}

BOOST_AUTO_TEST_CASE(chance_takes_away_up_to_a_half) {
    Backoff backoff(100ms, 100ms);
    BOOST_TEST(backoff.next(0.5).count() == 75);
    BOOST_TEST(backoff.next(0.999).count() == 51);
}

BOOST_AUTO_TEST_SUITE_END()
