#include "mfad/domain/denial.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::domain;
using namespace std::chrono_literals;
using Time = Denial::Time;

namespace {

constexpr Time start{1h};

RateVerdict refused(std::chrono::microseconds retry) {
    return {false, 0, retry, 5s};
}

} // namespace

BOOST_AUTO_TEST_SUITE(denial_tests)

BOOST_AUTO_TEST_CASE(it_holds_until_a_request_could_pass) {
    const Denial denial({refused(700ms)}, start, start);
    BOOST_REQUIRE(denial.verdicts(start));
    BOOST_TEST((denial.verdicts(start)->front() == refused(700ms)));
    const auto late = denial.verdicts(start + 700ms - 1us);
    BOOST_REQUIRE(late);
    BOOST_TEST((late->front().retry_after == 1us));
    BOOST_TEST((late->front().reset == 4300ms + 1us));
    BOOST_TEST(!denial.verdicts(start + 700ms));
    BOOST_TEST(denial.over(start + 700ms));
}

BOOST_AUTO_TEST_CASE(a_long_one_is_looked_at_again) {
    const Denial denial({refused(1h)}, start, start);
    BOOST_TEST((denial.verdicts(start + 999ms)->front().retry_after == 1h - 999ms));
    BOOST_TEST(!denial.verdicts(start + Denial::longest));
}

BOOST_AUTO_TEST_CASE(an_answer_that_took_long_makes_it_neither_late_nor_its_waits_short) {
    const Denial denial({refused(500ms)}, start, start + 200ms);
    BOOST_TEST((denial.verdicts(start + 200ms)->front().retry_after == 500ms));
    BOOST_TEST((denial.verdicts(start + 300ms)->front().retry_after == 400ms));
    BOOST_TEST(!denial.verdicts(start + 500ms));
    BOOST_TEST(Denial({refused(500ms)}, start, start + 500ms).over(start + 500ms));
}

BOOST_AUTO_TEST_CASE(of_several_the_longest_counts) {
    const RateVerdict allowed{true, 3, 0us, 100ms};
    const Denial denial({allowed, refused(300ms), refused(800ms)}, start, start);
    const auto later = denial.verdicts(start + 500ms);
    BOOST_REQUIRE(later);
    BOOST_REQUIRE_EQUAL(later->size(), 3U);
    BOOST_TEST(((*later)[0] == RateVerdict{true, 3, 0us, 0us}));
    BOOST_TEST(((*later)[1] == RateVerdict{true, 1, 0us, 4500ms}));
    BOOST_TEST(((*later)[2] == RateVerdict{false, 0, 300ms, 4500ms}));
    BOOST_TEST(!denial.verdicts(start + 800ms));
}

BOOST_AUTO_TEST_CASE(what_allows_is_never_kept) {
    BOOST_TEST(Denial().over(Time{}));
    BOOST_TEST(Denial({{true, 3, 0us, 100ms}}, start, start).over(start));
}

BOOST_AUTO_TEST_SUITE_END()
