#pragma once

#include "mfad/redis/private_server.hpp"
#include "mfad/runtime/executor.hpp"

#include <boost/asio/signal_set.hpp>

#include <functional>

namespace mfad::app {

/// What the main thread waits for: to be told to stop, and the end of the private Redis, which it
/// starts again, or takes over from an owner who is gone.
///
/// The first SIGTERM or SIGINT stops in good order, a second one at once. SIGHUP does what
/// `on_hangup` was given, SIGPIPE is ignored.
class Signals {
public:
    /// @param server may be null
    Signals(runtime::asio::io_context& context, redis::PrivateServer* server);

    /// Waits for the first of SIGTERM and SIGINT, or for `stop`. @return the signal, 0 for `stop`
    runtime::Awaitable<int> wait();
    /// Ends the wait; any thread.
    void stop();
    /// What SIGHUP is to do, one after the other; it must not throw. To be called once, before the
    /// context runs.
    void on_hangup(std::function<runtime::Awaitable<void>()> act);
    /// Heeds no further SIGHUP, and waits for the end of what one has begun. After `on_hangup`.
    runtime::Awaitable<void> end_hangups();

private:
    runtime::Awaitable<void> hear_hangups();
    runtime::Awaitable<void> guard_server();
    runtime::Awaitable<void> await_ownership();
    runtime::Awaitable<void> pause(std::chrono::milliseconds time);
    void die_on_next();
    void end_wait();

    runtime::asio::io_context& context_;
    runtime::asio::basic_signal_set<runtime::Executor> ends_;
    runtime::asio::basic_signal_set<runtime::Executor> children_;
    runtime::asio::basic_signal_set<runtime::Executor> hangups_;
    std::function<runtime::Awaitable<void>()> on_hangup_;
    runtime::Timer hangups_ended_;
    bool heeds_hangups_ = true;
    bool hears_hangups_ = false; ///< its coroutine has not ended
    redis::PrivateServer* server_;
    runtime::Timer stopped_;
    bool told_ = false; ///< perhaps before anybody waits
    int received_ = 0;
};

} // namespace mfad::app
