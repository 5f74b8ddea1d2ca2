#pragma once

#include "mfad/runtime/executor.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <stdexcept>

namespace mfad::test {

/// Runs `body(io_context&)`, a coroutine, on a fresh io_context and rethrows what it throws. Fails
/// when it does not end within `cap`, or leaves work behind.
///
/// `body` may be a lambda that captures: it outlives the coroutine.
inline void run_coroutine(
    const std::function<runtime::Awaitable<void>(runtime::asio::io_context&)>& body,
    std::chrono::seconds cap = std::chrono::seconds(60)) {
    runtime::asio::io_context context(1);
    bool ended = false;
    std::exception_ptr thrown;
    runtime::asio::co_spawn(context, body(context), [&](std::exception_ptr error) {
        ended = true;
        thrown = error;
        if (error) context.stop(); // what it left behind is no news
    });
    context.run_for(cap);
    if (thrown) std::rethrow_exception(thrown);
    if (!ended) throw std::runtime_error("the coroutine did not end in time");
    if (!context.stopped()) throw std::runtime_error("the coroutine left work behind");
}

/// Waits until `condition` holds, looking every few milliseconds; throws when it does not within
/// `cap`.
inline runtime::Awaitable<void> until(
    std::function<bool()> condition, std::chrono::seconds cap = std::chrono::seconds(30)) {
    runtime::Timer timer(co_await runtime::asio::this_coro::executor);
    const auto end = runtime::SteadyClock::now() + cap;
    while (!condition()) {
        if (runtime::SteadyClock::now() > end)
            throw std::runtime_error("the condition did not come true in time");
        timer.expires_after(std::chrono::milliseconds(2));
        co_await timer.async_wait(runtime::use_awaitable);
    }
}

/// A pause that is part of what is tested, not a wait for something.
inline runtime::Awaitable<void> pause_for(std::chrono::milliseconds duration) {
    runtime::Timer timer(co_await runtime::asio::this_coro::executor, duration);
    co_await timer.async_wait(runtime::use_awaitable);
}

} // namespace mfad::test
