#include "mfad/service/failed_credentials.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using mfad::domain::Refusal;
using mfad::service::FailedCredentials;
using mfad::service::LimitMetrics;
using namespace std::chrono_literals;

namespace {

constexpr FailedCredentials::Time start{1h};

struct Scene {
    explicit Scene(std::uint32_t limit) : failed({"failed-credentials", limit, 60s}, limits) {}

    void fail(std::string_view client, int times, FailedCredentials::Time now = start) {
        for (int i = 0; i < times; ++i)
            failed.count(client, now);
    }

    mfad::platform::Metrics metrics;
    LimitMetrics limits{metrics};
    FailedCredentials failed;
};

} // namespace

BOOST_AUTO_TEST_SUITE(failed_credentials_tests)

BOOST_AUTO_TEST_CASE(after_so_many_failures_a_client_is_refused_until_its_time_has_come) {
    Scene scene(3);
    scene.fail("192.0.2.1", 2);
    BOOST_TEST(!scene.failed.denied("192.0.2.1", start));
    scene.fail("192.0.2.1", 1);
    const auto denied = scene.failed.denied("192.0.2.1", start);
    BOOST_REQUIRE(denied);
    BOOST_TEST((denied->code == Refusal::Code::too_many));
    BOOST_TEST((denied->retry_after == 20s));
    BOOST_TEST(denied->policy == "failed-credentials");
    BOOST_TEST(scene.failed.denied("192.0.2.1", start + 20s - 1us).has_value());
    BOOST_TEST(!scene.failed.denied("192.0.2.1", start + 20s));
}

BOOST_AUTO_TEST_CASE(others_are_not_refused) {
    Scene scene(3);
    scene.fail("192.0.2.1", 100);
    BOOST_TEST(!scene.failed.denied("192.0.2.2", start));
    // What is over the limit does not prolong the wait.
    BOOST_TEST(!scene.failed.denied("192.0.2.1", start + 20s));
}

BOOST_AUTO_TEST_CASE(an_ipv6_client_has_the_whole_of_its_64) {
    Scene scene(3);
    scene.fail("2001:db8:1:2::1", 2);
    scene.fail("2001:db8:1:2:ffff::7", 1);
    BOOST_TEST(scene.failed.denied("2001:db8:1:2::abcd", start).has_value());
    BOOST_TEST(!scene.failed.denied("2001:db8:1:3::1", start));
}

BOOST_AUTO_TEST_CASE(without_a_limit_nothing_is_counted) {
    Scene scene(0);
    scene.fail("192.0.2.1", 1000);
    BOOST_TEST(!scene.failed.denied("192.0.2.1", start));
}

BOOST_AUTO_TEST_SUITE_END()
