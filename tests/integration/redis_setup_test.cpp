#include "flaky_proxy.hpp"
#include "redis_callers.hpp"
#include "redis_server.hpp"

#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <array>

using namespace mfad::redis;
using namespace mfad::test;
using mfad::runtime::Awaitable;
using mfad::runtime::SteadyClock;

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
