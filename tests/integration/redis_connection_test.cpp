#include "flaky_proxy.hpp"
#include "redis_callers.hpp"
#include "redis_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <vector>

using namespace mfad::redis;
using namespace mfad::test;
using mfad::runtime::Awaitable;
using mfad::runtime::SteadyClock;

namespace {

const Script twice{"twice", "96b26102431a126f621a5266b1d35477d6106519", "return ARGV[1] * 2"};

} // namespace

BOOST_FIXTURE_TEST_SUITE(redis_connection_tests, SharedRedis)

BOOST_AUTO_TEST_CASE(when_values_hold_any_bytes_then_they_come_back_the_same) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection connection(context, options_for(server.socket_path()));
        connection.start();
        std::string every_byte;
        for (int i = 0; i < 256; ++i)
            every_byte += static_cast<char>(i);
        std::vector<std::string> values{"", "\r\n", "*3\r\n", every_byte};
        std::string large;
        while (large.size() < 3'000'000)
            large += every_byte;
        values.push_back(large);
        for (const auto& value : values) {
            Command command("ECHO");
            command.arg(value);
            const Reply reply = co_await connection.exec(command, soon());
            BOOST_TEST((reply.text() == value));
        }
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_commands_are_in_flight_together_then_they_share_writes_and_keep_order) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection connection(context, options_for(server.socket_path()));
        connection.start();
        Crowd crowd(context);
        int matched = 0;
        for (int i = 0; i < 10'000; ++i)
            crowd.add(echo(connection, std::to_string(i), matched));
        co_await crowd.wait();
        BOOST_TEST(matched == 10'000);
        const auto counters = connection.counters();
        BOOST_TEST(counters.commands >= 10'000U);
        BOOST_TEST(counters.batches < 500U);
        BOOST_TEST(counters.in_flight == 0U);
        BOOST_TEST(counters.waiting == 0U);
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_socket_takes_a_batch_in_pieces_then_nothing_is_mixed_up) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection connection(context, options_for(server.socket_path()));
        connection.start();
        Crowd crowd(context);
        int matched = 0;
        for (int i = 0; i < 60; ++i) {
            const auto letter = static_cast<char>('a' + i % 26);
            crowd.add(echo(
                connection, std::string(200'000 + static_cast<std::size_t>(i), letter), matched));
        }
        co_await crowd.wait();
        BOOST_TEST(matched == 60);
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_path_is_slow_tcp_in_single_bytes_then_replies_still_match) {
    FlakyProxy proxy(server.socket_path());
    proxy.slice(true);
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        auto options = options_for("");
        const std::string url = "redis://127.0.0.1:" + std::to_string(proxy.port());
        options.link.endpoint = Endpoint::parse(url);
        Connection connection(context, options);
        connection.start();
        Crowd crowd(context);
        int matched = 0;
        for (int i = 0; i < 100; ++i)
            crowd.add(echo(connection, std::to_string(i), matched));
        co_await crowd.wait();
        BOOST_TEST(matched == 100);
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_server_refuses_then_its_text_is_thrown) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection connection(context, options_for(server.socket_path()));
        connection.start();
        const Command nonsense("NONSENSE");
        BOOST_TEST(co_await outcome(connection, nonsense, soon()) == "ERR");
        Command increment("INCR");
        increment.arg("n");
        const Reply one = co_await connection.exec(increment, soon());
        BOOST_TEST(one.integer() == 1);
        BOOST_CHECK_THROW(one.text(), UnexpectedReply);
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_server_forgot_a_script_then_it_is_given_it_again) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection connection(context, options_for(server.socket_path()));
        connection.start();
        for (int round = 0; round < 3; ++round) {
            Command call = Command::eval(twice, 0);
            call.arg(21);
            const Reply first = co_await connection.eval(twice, call, soon());
            BOOST_TEST(first.integer() == 42);
            const auto before = connection.counters().commands;
            const Reply second = co_await connection.eval(twice, call, soon());
            BOOST_TEST(second.integer() == 42);
            BOOST_TEST(connection.counters().commands == before + 1);
            server.ask("SCRIPT FLUSH");
        }
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_a_script_was_built_with_a_wrong_sha_then_that_is_said) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection connection(context, options_for(server.socket_path()));
        connection.start();
        const Script wrong{"wrong", "0000000000000000000000000000000000000000", "return 1"};
        const Command call = Command::eval(wrong, 0);
        std::string said;
        try {
            co_await connection.eval(wrong, call, soon());
        } catch (const UnexpectedReply& e) {
            said = e.what();
        }
        BOOST_TEST(said == "Redis: script wrong was built with the SHA-1 of another text");
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_deadline_has_passed_then_nothing_is_sent) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection connection(context, options_for(server.socket_path()));
        connection.start();
        Command increment("INCR");
        increment.arg("n");
        BOOST_TEST(co_await outcome(connection, increment, SteadyClock::now()) == "timed_out");
        const Reply one = co_await connection.exec(increment, soon());
        BOOST_TEST(one.integer() == 1);
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_owner_stops_then_what_is_in_flight_is_answered_and_more_is_refused) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection connection(context, options_for(server.socket_path()));
        connection.start();
        int matched = 0;
        co_await echo(connection, "connected", matched);
        Crowd crowd(context);
        for (int i = 0; i < 100; ++i)
            crowd.add(echo(connection, std::to_string(i), matched));
        co_await connection.stop(20s);
        co_await crowd.wait();
        BOOST_TEST(matched == 101);
        BOOST_TEST(!connection.connected());
        BOOST_TEST(co_await outcome(connection, Command("PING"), soon()) == "not_connected");
        BOOST_TEST(connection.last_error() == "");
    });
}

BOOST_AUTO_TEST_CASE(when_the_owner_is_destroyed_then_pending_callers_are_let_go) {
    server.freeze();
    bool resumed = false;
    bool destroyed = false;
    struct Witness {
        bool& flag;
        ~Witness() { flag = true; }
    };
    asio::io_context context(1);
    {
        Connection connection(context, options_for(server.socket_path()));
        connection.start();
        auto work = [&]() -> Awaitable<void> {
            const Witness witness{destroyed};
            co_await outcome(connection, Command("PING"), SteadyClock::now() + 1h);
            resumed = true;
        };
        asio::co_spawn(context, work, [](std::exception_ptr) {});
        context.run_for(50ms);
        BOOST_TEST(!destroyed);
    }
    context.run_for(20s); // ends at once: nothing of the connection is left behind
    BOOST_TEST(context.stopped());
    BOOST_TEST(destroyed);
    BOOST_TEST(!resumed);
    server.thaw();
}

BOOST_AUTO_TEST_CASE(when_a_caller_destroys_the_connection_in_its_turn_then_nobody_else_runs) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        const auto options = options_for(server.socket_path());
        auto connection = std::make_unique<Connection>(context, options);
        connection->start();
        int matched = 0;
        co_await echo(*connection, "connected", matched);
        int resumed = 0;
        auto bystander = [&]() -> Awaitable<void> {
            co_await outcome(*connection, Command("PING"), soon());
            ++resumed;
        };
        auto destroyer = [&]() -> Awaitable<void> {
            co_await outcome(*connection, Command("PING"), soon());
            connection.reset();
        };
        asio::co_spawn(context, destroyer, [](std::exception_ptr) {});
        asio::co_spawn(context, bystander, [](std::exception_ptr) {});
        co_await until([&] { return connection == nullptr; });
        co_await pause_for(10ms);
        BOOST_TEST(resumed == 0);
    });
}

BOOST_AUTO_TEST_CASE(when_a_completion_handler_throws_then_the_connection_lives_on) {
    asio::io_context context(1);
    Connection connection(context, options_for(server.socket_path()));
    connection.start();
    auto thrower = [&]() -> Awaitable<void> {
        co_await outcome(connection, Command("PING"), soon());
    };
    asio::co_spawn(context, thrower, [](std::exception_ptr) { throw std::logic_error("handler"); });
    BOOST_CHECK_THROW(context.run_for(20s), std::logic_error);
    bool ended = false;
    auto body = [&]() -> Awaitable<void> {
        BOOST_TEST(co_await outcome(connection, Command("PING"), soon()) == "ok");
        BOOST_TEST(connection.counters().connects == 1U);
        co_await connection.stop(1s);
        ended = true;
    };
    asio::co_spawn(context, body, [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    });
    context.run_for(20s);
    BOOST_TEST(ended);
}

BOOST_AUTO_TEST_CASE(when_a_caller_is_cancelled_then_the_replies_behind_it_still_match) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection connection(context, options_for(server.socket_path()));
        connection.start();
        int matched = 0;
        co_await echo(connection, "connected", matched);
        Crowd crowd(context);
        asio::cancellation_signal stop;
        std::string heard;
        auto cancelled = [&heard](std::exception_ptr e) {
            try {
                if (e) std::rethrow_exception(e);
                heard += "answered;";
            } catch (const boost::system::system_error& error) {
                heard += error.code() == asio::error::operation_aborted ? "aborted;" : "?;";
            }
        };
        Command push("RPUSH");
        push.arg("list").arg("x");
        auto work = [&]() -> Awaitable<void> {
            co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
            co_await connection.exec(push, soon());
        };

        // Waiting: never sent.
        asio::co_spawn(context, work, asio::bind_cancellation_slot(stop.slot(), cancelled));
        crowd.add(echo(connection, "a", matched));
        stop.emit(asio::cancellation_type::total);
        co_await crowd.wait();
        BOOST_TEST(heard == "aborted;");
        BOOST_TEST(server.ask("LLEN list") == ":0");

        // Sent: total leaves it alone, terminal gives it up.
        server.freeze();
        const auto sent = connection.counters().batches;
        asio::co_spawn(context, work, asio::bind_cancellation_slot(stop.slot(), cancelled));
        crowd.add(echo(connection, "b", matched));
        co_await until([&] { return connection.counters().batches > sent; });
        stop.emit(asio::cancellation_type::total);
        BOOST_TEST(connection.counters().in_flight == 2U);
        stop.emit(asio::cancellation_type::terminal);
        server.thaw();
        co_await crowd.wait();
        BOOST_TEST(heard == "aborted;aborted;");
        BOOST_TEST(server.ask("LLEN list") == ":1");
        BOOST_TEST(matched == 3);
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_SUITE_END()
