#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

/// The one place that names the executor. Everything that waits runs on the `io_context` of one
/// thread, so sockets, timers and coroutines name that concrete type: the type-erased executor
/// costs a third of a request's time.
namespace mfad::runtime {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;
template <class T = void>
using Awaitable = asio::awaitable<T, Executor>;
using SteadyClock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using UnixSocket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;

using UseAwaitable = asio::use_awaitable_t<Executor>;
inline constexpr UseAwaitable use_awaitable{};

/// Completion token that hands the error over beside the result instead of throwing it:
/// `auto [error, count] = co_await socket.async_read_some(buffer, tuple_token);`
inline constexpr auto tuple_token = asio::as_tuple(use_awaitable);

} // namespace mfad::runtime
