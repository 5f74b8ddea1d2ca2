#include "signals.hpp"

#include "mfad/platform/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <csignal>
#include <cstdlib>

namespace mfad::app {
namespace {

namespace asio = runtime::asio;
namespace log = platform::log;

constexpr std::chrono::seconds restart_pause{1};
constexpr std::chrono::milliseconds look_interval{250};

} // namespace

Signals::Signals(asio::io_context& context, redis::PrivateServer* server)
    : context_(context), ends_(context, SIGTERM, SIGINT), children_(context, SIGCHLD),
      hangups_(context, SIGHUP), // also the end of a terminal, which is none of ours
      hangups_ended_(context, runtime::SteadyClock::time_point::max()), server_(server),
      stopped_(context, runtime::SteadyClock::time_point::max()) {
    // A peer that closes is an error of the write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    if (server_ == nullptr) return;
    asio::co_spawn(context_, guard_server(), [](std::exception_ptr thrown) {
        if (thrown) log::event(log::Level::error, "redis.guard_failed");
    });
}

runtime::Awaitable<int> Signals::wait() {
    ends_.async_wait([this](boost::system::error_code error, int signal) {
        if (error) return;
        received_ = signal;
        die_on_next();
        end_wait();
    });
    if (!told_) co_await stopped_.async_wait(runtime::tuple_token);
    co_return received_;
}

void Signals::die_on_next() {
    ends_.async_wait([](boost::system::error_code error, int signal) {
        if (!error) std::_Exit(128 + signal);
    });
}

void Signals::stop() {
    asio::post(context_, [this] { end_wait(); });
}

void Signals::on_hangup(std::function<runtime::Awaitable<void>()> act) {
    on_hangup_ = std::move(act);
    hears_hangups_ = true;
    asio::co_spawn(context_, hear_hangups(), [this](const std::exception_ptr& thrown) {
        if (thrown) log::event(log::Level::error, "signals.hangup_failed");
        hears_hangups_ = false;
        hangups_ended_.cancel();
    });
}

runtime::Awaitable<void> Signals::hear_hangups() {
    while (heeds_hangups_) {
        const auto [error, signal] = co_await hangups_.async_wait(runtime::tuple_token);
        if (error) co_return;
        co_await on_hangup_();
    }
}

runtime::Awaitable<void> Signals::end_hangups() {
    heeds_hangups_ = false;
    hangups_.cancel();
    if (hears_hangups_) co_await hangups_ended_.async_wait(runtime::tuple_token);
}

void Signals::end_wait() {
    told_ = true;
    stopped_.cancel();
}

runtime::Awaitable<void> Signals::pause(std::chrono::milliseconds time) {
    runtime::Timer timer(context_, time);
    co_await timer.async_wait(runtime::tuple_token);
}

/// Somebody else's server ends with him, perhaps a call that was only to take a moment.
runtime::Awaitable<void> Signals::await_ownership() {
    while (server_->role() == redis::PrivateServer::Role::guest) {
        co_await pause(look_interval);
        try {
            if (server_->become_owner()) log::event(log::Level::info, "redis.taken_over");
        } catch (const std::exception& failure) {
            log::event(log::Level::error, "redis.restart_failed", {{"error", failure.what()}});
        }
    }
}

runtime::Awaitable<void> Signals::guard_server() {
    co_await await_ownership();
    for (;;) {
        const auto [error, signal] = co_await children_.async_wait(runtime::tuple_token);
        if (error) co_return;
        const auto how = server_->exited();
        if (!how) continue;
        log::event(log::Level::error, "redis.exited", {{"how", *how}});
        for (bool running = false; !running;) {
            try {
                server_->restart();
                running = true;
            } catch (const std::exception& failure) {
                log::event(log::Level::error, "redis.restart_failed", {{"error", failure.what()}});
            }
            if (running) break;
            co_await pause(restart_pause);
        }
    }
}

} // namespace mfad::app
