#pragma once

#include "mfad/redis/connection.hpp"

#include "run_coroutine.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

/// What the suites about connections have in common.
namespace mfad::test {

using redis::Command;
using redis::Connection;
using redis::ConnectionOptions;
using redis::Endpoint;
using redis::ErrorReply;
using redis::Reply;
using redis::Unavailable;
using runtime::Awaitable;
using runtime::SteadyClock;
using namespace std::chrono_literals;
namespace asio = runtime::asio;

// With sanitizers on a busy machine even a local reply takes its time.
inline SteadyClock::time_point soon() {
    return SteadyClock::now() + 20s;
}

inline ConnectionOptions options_for(const std::string& socket_path) {
    ConnectionOptions options;
    options.link.endpoint = Endpoint::unix_socket(socket_path);
    options.link.client_name = "test";
    options.link.backoff_min = 5ms;
    options.link.backoff_max = 50ms;
    options.link.connect_timeout = 20s;
    return options;
}

// How a command ended, in a word.
inline Awaitable<std::string> outcome(
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

inline Awaitable<void> note_outcome(
    Connection& connection, Command command, SteadyClock::time_point deadline, std::string& into) {
    into = co_await outcome(connection, command, deadline);
}

inline Awaitable<void> echo(Connection& connection, std::string text, int& matched) {
    Command command("ECHO");
    command.arg(text);
    const Reply reply = co_await connection.exec(command, soon());
    if (reply.text() == text) ++matched;
}

} // namespace mfad::test
