#pragma once

#include "mfad/redis/endpoint.hpp"
#include "mfad/runtime/executor.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <span>
#include <string_view>
#include <utility>

namespace mfad::redis {

/// A stream of bytes to a server, over a unix socket or TCP. TLS will be a stream layered here,
/// under the same functions: one that never takes bytes in `write_now` and encrypts them in
/// `async_write_some`.
class Transport {
public:
    explicit Transport(const runtime::Executor& executor) : socket_(executor) {}

    runtime::Executor get_executor() { return socket_.get_executor(); }

    /// Connects to the first address that answers. Throws `boost::system::system_error`.
    runtime::Awaitable<void> connect(const Endpoint& endpoint);

    /// Writes what the kernel takes at once: the number of bytes, possibly 0.
    std::size_t write_now(std::string_view bytes, boost::system::error_code& error);

    /// Writes some of the bytes, at least one: `void(error_code, std::size_t)`.
    template <class Token>
    auto async_write_some(std::string_view bytes, Token&& token) {
        return socket_.async_write_some(
            runtime::asio::buffer(bytes.data(), bytes.size()), std::forward<Token>(token));
    }

    /// Reads some bytes, at least one: `void(error_code, std::size_t)`.
    template <class Token>
    auto async_read_some(std::span<char> room, Token&& token) {
        return socket_.async_read_some(
            runtime::asio::buffer(room.data(), room.size()), std::forward<Token>(token));
    }

    /// Ends the connection and every operation on it. May be called at any time.
    void close() noexcept;

private:
    using Socket = runtime::asio::basic_stream_socket<
        runtime::asio::generic::stream_protocol, runtime::Executor>;

    runtime::Awaitable<void> connect_tcp(const Endpoint& endpoint);
    runtime::Awaitable<boost::system::error_code> try_connect(Socket::endpoint_type address);

    Socket socket_;
    std::uint64_t closed_ = 0; // how often: a connect that was closed meanwhile must not go on
};

} // namespace mfad::redis
