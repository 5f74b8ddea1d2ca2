#include "mfad/redis/connection.hpp"

#include "flaky_proxy.hpp"
#include "redis_server.hpp"
#include "run_coroutine.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace mfad::redis;
using namespace mfad::test;
using namespace std::chrono_literals;
using mfad::runtime::Awaitable;
using mfad::runtime::SteadyClock;
using Reason = Unavailable::Reason;
namespace asio = mfad::runtime::asio;

namespace {

// With sanitizers on a busy machine even a local reply takes its time.
SteadyClock::time_point soon() {
    return SteadyClock::now() + 20s;
}

ConnectionOptions options_for(const std::string& socket_path) {
    ConnectionOptions options;
    options.link.endpoint = Endpoint::unix_socket(socket_path);
    options.link.client_name = "test";
    options.link.backoff_min = 5ms;
    options.link.backoff_max = 50ms;
    options.link.connect_timeout = 20s;
    return options;
}

// How a command ended, in a word.
Awaitable<std::string> outcome(
    Connection& connection, const Command& command, SteadyClock::time_point deadline) {
    try {
        const Reply reply = co_await connection.exec(command, deadline);
        co_return "ok";
    } catch (const Unavailable& e) {
        co_return std::string(to_string(e.reason()));
    } catch (const ErrorReply& e) {
        co_return std::string(e.code());
    }
}

// Commands that run beside the test case; it waits for all of them in the end.
class Crowd {
public:
    explicit Crowd(asio::io_context& context) : context_(context) {}

    void add(Awaitable<void> work) {
        ++running_;
        asio::co_spawn(context_, std::move(work), [this](std::exception_ptr error) {
            --running_;
            if (error) std::rethrow_exception(error);
        });
    }
    Awaitable<void> wait() {
        return until([this] { return running_ == 0; });
    }

private:
    asio::io_context& context_;
    int running_ = 0;
};

Awaitable<void> note_outcome(
    Connection& connection, Command command, SteadyClock::time_point deadline, std::string& into) {
    into = co_await outcome(connection, command, deadline);
}

Awaitable<void> echo(Connection& connection, std::string text, int& matched) {
    Command command("ECHO");
    command.arg(text);
    const Reply reply = co_await connection.exec(command, soon());
    if (reply.text() == text) ++matched;
}

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

BOOST_AUTO_TEST_SUITE(redis_setup_tests)

BOOST_AUTO_TEST_CASE(when_the_server_wants_a_password_then_it_is_given_before_anything_else) {
    RedisServer server({"--requirepass", "let me in"});
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        auto options = options_for(server.socket_path());
        options.link.endpoint.password = "let me in";
        options.link.endpoint.database = 3;
        Connection connection(context, options);
        connection.start();
        const Reply info = co_await connection.exec(Command("CLIENT").arg("INFO"), soon());
        BOOST_TEST(info.text().find(" name=test ") != std::string_view::npos);
        BOOST_TEST(info.text().find(" db=3 ") != std::string_view::npos);
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_password_is_wrong_or_missing_then_the_reason_is_told_without_it) {
    RedisServer server({"--requirepass", "let me in"});
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        for (const std::string password : {"", "guess"}) {
            auto options = options_for(server.socket_path());
            options.link.client_name = "";
            options.link.endpoint.password = password;
            Connection connection(context, options);
            connection.start();
            BOOST_TEST(co_await outcome(connection, Command("PING"), soon()) == "not_connected");
            const auto& why = connection.last_error();
            BOOST_TEST(why.starts_with(password.empty() ? "NOAUTH" : "WRONGPASS"), why);
            BOOST_TEST(why.find("guess") == std::string::npos);
            co_await connection.stop(1s);
        }
    });
}

BOOST_AUTO_TEST_CASE(when_the_server_has_no_room_then_its_own_words_are_the_reason) {
    RedisServer server({"--maxclients", "1"});
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Connection first(context, options_for(server.socket_path()));
        first.start();
        BOOST_TEST(co_await outcome(first, Command("PING"), soon()) == "ok");
        Connection second(context, options_for(server.socket_path()));
        second.start();
        BOOST_TEST(co_await outcome(second, Command("PING"), soon()) == "not_connected");
        BOOST_TEST(second.last_error() == "ERR max number of clients reached");
        co_await second.stop(1s);
        co_await first.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_the_peer_says_more_than_it_was_asked_then_it_is_not_used) {
    TempDir dir;
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        const asio::local::stream_protocol::endpoint address(dir.file("s"));
        asio::local::stream_protocol::acceptor acceptor(context, address);
        auto options = options_for(dir.file("s"));
        options.link.client_name = "";
        Connection connection(context, options);
        connection.start();
        auto peer = co_await acceptor.async_accept(mfad::runtime::use_awaitable);
        std::array<char, 100> ping{};
        co_await peer.async_read_some(asio::buffer(ping), mfad::runtime::use_awaitable);
        const std::string answer = "+PONG\r\n+MORE\r\n";
        co_await asio::async_write(peer, asio::buffer(answer), mfad::runtime::use_awaitable);
        co_await until([&] { return !connection.last_error().empty(); });
        BOOST_TEST(connection.last_error() == "a reply that nothing asked for");
        BOOST_TEST(!connection.last_up());
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_a_hook_rejects_a_connection_then_no_command_uses_it) {
    RedisServer server;
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        auto options = options_for(server.socket_path());
        int runs = 0;
        options.link.setup = [&runs](SetupChannel& channel) -> Awaitable<void> {
            ++runs;
            Command increment("INCR");
            increment.arg("setups");
            const Reply reply = co_await channel.exec(increment);
            if (reply.integer() < 3) throw std::runtime_error("not yet");
        };
        Connection connection(context, options);
        connection.start();
        BOOST_TEST(co_await outcome(connection, Command("PING"), soon()) == "not_connected");
        BOOST_TEST(connection.last_error() == "not yet");
        co_await until([&] { return connection.connected(); });
        BOOST_TEST(runs == 3);
        BOOST_TEST(co_await outcome(connection, Command("PING"), soon()) == "ok");
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_CASE(when_a_hook_finds_the_wrong_server_then_the_owner_hears_it_once_and_for_all) {
    RedisServer server;
    FlakyProxy proxy(server.socket_path());
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        auto options = options_for(proxy.socket_path());
        std::string told;
        options.link.events.mismatch = [&told](const std::string& why) { told += why; };
        options.link.setup = [](SetupChannel&) -> Awaitable<void> {
            throw SetupMismatch("schema 1 is wanted, 2 is there");
            co_return;
        };
        Connection connection(context, options);
        connection.start();
        BOOST_TEST(co_await outcome(connection, Command("PING"), soon()) == "not_connected");
        co_await until([&] { return !told.empty(); });
        BOOST_TEST(told == "schema 1 is wanted, 2 is there");
        BOOST_TEST(connection.last_error() == told);
        co_await connection.stop(1s);
        BOOST_TEST(proxy.accepted() == 1U);
    });
}

BOOST_AUTO_TEST_SUITE_END()
