#include "transport.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/socket_base.hpp>

namespace mfad::redis {

namespace asio = runtime::asio;
using boost::system::error_code;
using runtime::Awaitable;

Awaitable<void> Transport::connect(const Endpoint& endpoint) {
    if (endpoint.path.empty()) {
        co_await connect_tcp(endpoint);
    } else {
        const asio::local::stream_protocol::endpoint address(endpoint.path);
        const error_code error = co_await try_connect(address);
        if (error) throw boost::system::system_error(error);
    }
    socket_.non_blocking(true);
}

Awaitable<void> Transport::connect_tcp(const Endpoint& endpoint) {
    const std::uint64_t closed = closed_;
    asio::ip::basic_resolver<asio::ip::tcp, runtime::Executor> resolver(socket_.get_executor());
    const std::string port = std::to_string(endpoint.port);
    const auto addresses =
        co_await resolver.async_resolve(endpoint.host, port, runtime::use_awaitable);
    error_code error = asio::error::host_not_found;
    for (const auto& address : addresses) {
        if (closed != closed_) {
            error = asio::error::operation_aborted;
            break;
        }
        const Socket::endpoint_type generic(address.endpoint());
        error = co_await try_connect(generic);
        if (!error) break;
    }
    if (error) throw boost::system::system_error(error);
    socket_.set_option(asio::ip::tcp::no_delay(true));
    socket_.set_option(asio::socket_base::keep_alive(true));
}

Awaitable<error_code> Transport::try_connect(Socket::endpoint_type address) {
    error_code ignored;
    socket_.close(ignored);
    const auto [error] = co_await socket_.async_connect(address, runtime::tuple_token);
    co_return error;
}

std::size_t Transport::write_now(std::string_view bytes, error_code& error) {
    const std::size_t count = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
    if (error == asio::error::would_block || error == asio::error::try_again) error.clear();
    return count;
}

void Transport::close() noexcept {
    ++closed_;
    error_code ignored;
    socket_.close(ignored);
}

} // namespace mfad::redis
