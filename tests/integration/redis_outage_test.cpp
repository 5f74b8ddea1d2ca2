#include "flaky_proxy.hpp"
#include "redis_callers.hpp"
#include "redis_server.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace mfad::redis;
using namespace mfad::test;
using mfad::runtime::Awaitable;
using mfad::runtime::SteadyClock;

namespace {

struct OwnRedis {
    RedisServer server;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(redis_outage_tests, OwnRedis)

BOOST_AUTO_TEST_CASE(when_the_server_sleeps_past_a_deadline_then_the_next_reply_matches) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection connection(context, options_for(server.socket_path()));
        connection.start();
        int matched = 0;
        co_await echo(connection, "connected", matched);
        server.freeze();
        Command late("ECHO");
        late.arg("late");
        BOOST_TEST(co_await outcome(connection, late, SteadyClock::now() + 100ms) == "timed_out");
        BOOST_TEST(connection.counters().in_flight == 1U);
        Crowd crowd(context);
        crowd.add(echo(connection, "mine", matched));
        server.thaw();
        co_await crowd.wait();
        BOOST_TEST(matched == 2);
        BOOST_TEST(connection.counters().timeouts == 1U);
        BOOST_TEST(connection.counters().connects == 1U);
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_server_is_killed_then_callers_hear_of_it_and_a_new_one_is_used) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        auto options = options_for(server.socket_path());
        int ups = 0;
        std::vector<std::string> downs;
        options.link.events.up = [&ups] { ++ups; };
        options.link.events.down = [&downs](const std::string& why) { downs.push_back(why); };
        Connection connection(context, options);
        connection.start();
        int matched = 0;
        co_await echo(connection, "connected", matched);
        BOOST_TEST(connection.connected());

        server.freeze();
        Crowd crowd(context);
        std::string in_flight;
        crowd.add(note_outcome(connection, Command("PING"), soon(), in_flight));
        co_await until([&] { return connection.counters().in_flight == 1; });
        server.kill();
        co_await crowd.wait();
        BOOST_TEST(in_flight == "lost");
        BOOST_TEST(!connection.connected());
        BOOST_TEST(co_await outcome(connection, Command("PING"), soon()) == "not_connected");
        BOOST_TEST(connection.last_up().has_value());
        BOOST_TEST(downs.size() >= 1U);
        BOOST_TEST(connection.last_error() == downs.back());

        server.start();
        co_await until([&] { return connection.connected(); });
        BOOST_TEST(ups == 2);
        co_await echo(connection, "again", matched);
        BOOST_TEST(matched == 2);
        BOOST_TEST(connection.counters().connects == 2U);
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_connection_breaks_after_a_write_then_it_is_not_repeated) {
    FlakyProxy proxy(server.socket_path());
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection connection(context, options_for(proxy.socket_path()));
        connection.start();
        int matched = 0;
        co_await echo(connection, "connected", matched);
        proxy.cut_after(2); // of ":1\r\n"
        Command increment("INCR");
        increment.arg("n");
        BOOST_TEST(co_await outcome(connection, increment, soon()) == "lost");
        co_await until([&] { return connection.connected(); });
        Command get("GET");
        get.arg("n");
        const Reply value = co_await connection.exec(get, soon());
        BOOST_TEST(value.text() == "1");
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_server_does_not_keep_up_then_more_is_refused_at_once) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        auto options = options_for(server.socket_path());
        options.max_commands = 4;
        Connection connection(context, options);
        connection.start();
        int matched = 0;
        co_await echo(connection, "connected", matched);
        server.freeze();
        Crowd crowd(context);
        for (int i = 0; i < 4; ++i)
            crowd.add(echo(connection, std::to_string(i), matched));
        BOOST_TEST(co_await outcome(connection, Command("PING"), soon()) == "overloaded");
        server.thaw();
        co_await crowd.wait();
        BOOST_TEST(matched == 5);
        BOOST_TEST(co_await outcome(connection, Command("PING"), soon()) == "ok");
        BOOST_TEST(connection.counters().overloads == 1U);
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_first_attempt_is_under_way_then_commands_wait_for_it) {
    server.kill();
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection connection(context, options_for(server.socket_path()));
        Crowd crowd(context);
        std::string early;
        crowd.add(note_outcome(connection, Command("PING"), soon(), early));
        std::string hasty;
        crowd.add(note_outcome(connection, Command("PING"), SteadyClock::now() + 30ms, hasty));
        co_await until([&] { return hasty == "timed_out"; });
        connection.start();
        co_await crowd.wait();
        BOOST_TEST(early == "not_connected");
        BOOST_TEST(connection.last_error() != "");
        BOOST_TEST(!connection.last_up());
        server.start();
        co_await until([&] { return connection.connected(); });
        BOOST_TEST(co_await outcome(connection, Command("PING"), soon()) == "ok");
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_peer_falls_silent_then_the_connection_is_made_anew) {
    FlakyProxy proxy(server.socket_path());
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        auto options = options_for(proxy.socket_path());
        options.ping_interval = 50ms;
        Connection connection(context, options);
        connection.start();
        co_await until([&] { return connection.connected(); });
        // Idle, yet pinged: the counter of read bytes grows and the connection stays.
        co_await until([&] { return connection.counters().replies >= 3; });
        BOOST_TEST(connection.counters().connects == 1U);
        proxy.stall(true);
        co_await until([&] { return !connection.connected(); });
        BOOST_TEST(connection.last_error() == "the server is silent");
        proxy.stall(false);
        co_await until([&] { return connection.connected(); });
        int matched = 0;
        co_await echo(connection, "again", matched);
        BOOST_TEST(matched == 1);
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_setting_up_takes_too_long_then_it_is_tried_again) {
    FlakyProxy proxy(server.socket_path());
    proxy.stall(true);
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        auto options = options_for(proxy.socket_path());
        options.link.connect_timeout = 50ms;
        Connection connection(context, options);
        connection.start();
        BOOST_TEST(co_await outcome(connection, Command("PING"), soon()) == "not_connected");
        BOOST_TEST(connection.last_error() == "no answer within 50 ms");
        co_await until([&] { return proxy.accepted() >= 3; });
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_owner_stops_and_the_server_is_silent_then_the_bound_holds) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection connection(context, options_for(server.socket_path()));
        connection.start();
        int matched = 0;
        co_await echo(connection, "connected", matched);
        server.freeze();
        Crowd crowd(context);
        std::string pending;
        crowd.add(note_outcome(connection, Command("PING"), soon(), pending));
        co_await until([&] { return connection.counters().in_flight == 1; });
        co_await connection.stop(50ms);
        co_await crowd.wait();
        BOOST_TEST(pending == "lost");
        server.thaw();
    });
}

BOOST_AUTO_TEST_SUITE_END()
