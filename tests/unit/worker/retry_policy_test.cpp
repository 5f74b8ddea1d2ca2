#include "mfad/worker/retry_policy.hpp"

#include <boost/test/unit_test.hpp>

using mfad::platform::UnixMillis;
using mfad::store::MailClass;
using mfad::worker::next_attempt;
using mfad::worker::next_look;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

namespace {

constexpr UnixMillis now{milliseconds{1'700'000'000'000}};
constexpr UnixMillis never{milliseconds::max()};

milliseconds pause(MailClass mail, unsigned attempts, double spread = 0.5) {
    return next_attempt(mail, attempts, now, never, spread).value() - now;
}

} // namespace

BOOST_AUTO_TEST_SUITE(retry_policy_tests)

BOOST_AUTO_TEST_CASE(pauses_grow_and_then_stay) {
    for (const MailClass mail : {MailClass::code, MailClass::link}) {
        for (unsigned attempts = 1; attempts < 5; ++attempts)
            BOOST_TEST((pause(mail, attempts) < pause(mail, attempts + 1)));
        BOOST_TEST((pause(mail, 6) == pause(mail, 1000)));
    }
}

BOOST_AUTO_TEST_CASE(a_code_is_tried_five_times_while_it_lives_and_a_link_not_more_than_hourly) {
    milliseconds spent{};
    for (unsigned attempts = 1; attempts <= 4; ++attempts)
        spent += pause(MailClass::code, attempts, 1);
    BOOST_TEST((spent < 5min));
    BOOST_TEST((pause(MailClass::link, 1000) == 1h));
}

BOOST_AUTO_TEST_CASE(the_spread_moves_a_pause_by_a_quarter_either_way) {
    for (const MailClass mail : {MailClass::code, MailClass::link})
        for (const unsigned attempts : {1U, 3U, 9U}) {
            const auto middle = pause(mail, attempts);
            BOOST_TEST((pause(mail, attempts, 0) == middle * 3 / 4));
            BOOST_TEST((pause(mail, attempts, 1) == middle * 5 / 4));
        }
}

BOOST_AUTO_TEST_CASE(what_would_come_too_late_is_given_up) {
    const auto due = now + pause(MailClass::code, 2);
    BOOST_TEST(!next_attempt(MailClass::code, 2, now, due, 0.5).has_value());
    BOOST_TEST((next_attempt(MailClass::code, 2, now, due + 1ms, 0.5) == due));
    BOOST_TEST(!next_attempt(MailClass::code, 2, now, now, 0.5).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_limit_holds_back_looks_again_when_there_is_room_but_not_too_soon) {
    const auto pause = [](milliseconds wait, milliseconds age, double spread = 0.5) {
        return next_look(wait, age, now, never, spread).value() - now;
    };
    BOOST_TEST((pause(20ms, 0ms) == 1020ms));
    BOOST_TEST((pause(20ms, 0ms, 0) == 520ms));
    BOOST_TEST((pause(20ms, 0ms, 1) == 1520ms));
    BOOST_TEST((pause(1h, 0ms) == 1h + 1s));
    BOOST_TEST((pause(20ms, 40s) == 10'020ms));
    BOOST_TEST((pause(20ms, 24h) == 5min + 20ms));
}

BOOST_AUTO_TEST_CASE(it_is_given_up_only_if_there_is_no_room_in_time) {
    BOOST_TEST((next_look(20ms, 240s, now, now + 60s, 1) == now + 30s));
    BOOST_TEST((next_look(9s, 240s, now, now + 10s, 1) == now + 9s));
    BOOST_TEST((next_look(0ms, 0ms, now, now + 1s, 0.5) == now + 500ms));
    BOOST_TEST(!next_look(10s, 0ms, now, now + 10s, 0.5));
}

BOOST_AUTO_TEST_SUITE_END()
