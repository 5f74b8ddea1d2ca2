#include "mfad/platform/clock.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::platform;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(clock_tests)

const UnixMillis example{1795323780000ms}; // date -u -d @1795323780: Sun Nov 22 05:03:00 2026

BOOST_AUTO_TEST_CASE(times_print_in_each_notation) {
    BOOST_TEST(rfc3339(example) == "2026-11-22T05:03:00Z");
    BOOST_TEST(rfc3339(example + 7ms) == "2026-11-22T05:03:00.007Z");
    BOOST_TEST(mail_date(example) == "Sun, 22 Nov 2026 05:03:00 +0000");
    BOOST_TEST(http_date(example) == "Sun, 22 Nov 2026 05:03:00 GMT");
}

BOOST_AUTO_TEST_CASE(rfc3339_is_read_with_offsets_and_fractions) {
    BOOST_CHECK(from_rfc3339("2026-11-22T05:03:00Z") == example);
    BOOST_CHECK(from_rfc3339("2026-11-22T07:03:00.0079+02:00") == example + 7ms);
    BOOST_CHECK(from_rfc3339("2026-11-21T23:33:00-05:30") == example);
    BOOST_CHECK(from_rfc3339("2028-02-29T00:00:00Z").has_value());
    for (const auto* bad :
         {"", "2026-11-22", "2026-11-22 05:03:00Z", "2026-11-22T05:03:00", "2026-13-22T05:03:00Z",
          "2026-02-29T05:03:00Z", "2026-11-22T24:00:00Z", "2026-11-22T05:03:60Z",
          "2026-11-22T05:03:00.Z", "1969-12-31T23:59:59Z", "2026-11-22T05:03:00Zx",
          "2026-11-22T05:03:00+2:00"})
        BOOST_TEST(!from_rfc3339(bad), bad);
}

BOOST_AUTO_TEST_CASE(durations_have_a_unit) {
    BOOST_CHECK(parse_duration("250ms") == 250ms);
    BOOST_CHECK(parse_duration("90s") == 90s);
    BOOST_CHECK(parse_duration("10m") == 10min);
    BOOST_CHECK(parse_duration("24h") == 24h);
    BOOST_CHECK(parse_duration("30d") == 720h);
    for (const auto* bad :
         {"", "5", "m", "-5s", "1.5s", "5 s", "5w", "99999999999999999999s",
          "9223372036854775807d"})
        BOOST_TEST(!parse_duration(bad), bad);
}

BOOST_AUTO_TEST_SUITE_END()
