#include "mfad/http/connection_tally.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>
#include <vector>

using mfad::http::ConnectionTally;
using mfad::platform::IpAddress;

namespace {

std::optional<ConnectionTally::Place> enter(ConnectionTally& tally, std::string_view address) {
    return tally.enter(*IpAddress::parse(address));
}

} // namespace

BOOST_AUTO_TEST_SUITE(connection_tally_tests)

BOOST_AUTO_TEST_CASE(a_client_has_so_many_connections_and_no_more) {
    ConnectionTally tally(2);
    auto first = enter(tally, "203.0.113.1");
    const auto second = enter(tally, "::ffff:203.0.113.1");
    BOOST_TEST(second.has_value());
    BOOST_TEST(!enter(tally, "203.0.113.1").has_value());
    BOOST_TEST(enter(tally, "203.0.113.2").has_value());
    BOOST_TEST(tally.clients() == 1);
    first.reset();
    BOOST_TEST(enter(tally, "203.0.113.1").has_value());
}

BOOST_AUTO_TEST_CASE(an_ipv6_client_has_a_whole_64) {
    ConnectionTally tally(1);
    const auto first = enter(tally, "2001:db8:0:1::1");
    BOOST_TEST(!enter(tally, "2001:db8:0:1:ffff:ffff:ffff:ffff").has_value());
    BOOST_TEST(enter(tally, "2001:db8:0:2::1").has_value());
    BOOST_TEST(enter(tally, "2001:db8::1").has_value());
}

BOOST_AUTO_TEST_CASE(a_client_without_connections_is_forgotten) {
    ConnectionTally tally(1);
    for (int i = 0; i < 1000; ++i) {
        const auto place = tally.enter(IpAddress(IpAddress::V4Bytes{
            10, 0, static_cast<unsigned char>(i / 256), static_cast<unsigned char>(i)}));
        BOOST_TEST(tally.clients() == 1);
        BOOST_TEST(!enter(tally, "10.0.0.0").has_value() == (i == 0));
    }
    BOOST_TEST(tally.clients() == 0);
}

BOOST_AUTO_TEST_CASE(a_place_moves_without_being_counted_twice) {
    ConnectionTally tally(1);
    ConnectionTally::Place kept;
    {
        auto place = enter(tally, "203.0.113.1");
        kept = std::move(*place);
    }
    BOOST_TEST(tally.clients() == 1);
    {
        const ConnectionTally::Place moved = std::move(kept);
        BOOST_TEST(tally.clients() == 1);
    }
    BOOST_TEST(tally.clients() == 0);
}

BOOST_AUTO_TEST_CASE(threads_together_never_exceed_it) {
    ConnectionTally tally(3);
    std::atomic<int> open{0};
    std::atomic<bool> exceeded{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int round = 0; round < 5000; ++round)
                if (const auto place = enter(tally, "203.0.113.1")) {
                    if (++open > 3) exceeded = true;
                    --open;
                }
        });
    for (std::thread& thread : threads)
        thread.join();
    BOOST_TEST(!exceeded);
    BOOST_TEST(tally.clients() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
