#pragma once

#include "temp_dir.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>

namespace mfad::test {

/// A gate between a client and a server on a unix socket, run by a thread of its own, that does to
/// the bytes what networks do. It listens on a unix socket and on a TCP port of the loopback
/// interface. All functions may be called from any thread.
class FlakyProxy {
public:
    explicit FlakyProxy(std::string target)
        : target_(std::move(target)), unix_acceptor_(context_, {dir_.file("p.sock")}),
          tcp_acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}) {
        port_ = tcp_acceptor_.local_endpoint().port();
        boost::asio::co_spawn(context_, accept(unix_acceptor_), boost::asio::detached);
        boost::asio::co_spawn(context_, accept(tcp_acceptor_), boost::asio::detached);
        thread_ = std::thread([this] { context_.run(); });
    }
    FlakyProxy(const FlakyProxy&) = delete;
    FlakyProxy& operator=(const FlakyProxy&) = delete;
    ~FlakyProxy() {
        context_.stop();
        thread_.join();
    }

    std::string socket_path() const { return dir_.file("p.sock"); }
    std::uint16_t port() const { return port_; }

    /// Nothing passes, either way; nothing is lost.
    void stall(bool on) { stalled_ = on; }
    /// Every piece passes this much later.
    void delay(std::chrono::milliseconds by) { delay_ = by.count(); }
    /// Bytes pass one by one.
    void slice(bool on) { sliced_ = on; }
    /// New connections are closed at once.
    void refuse(bool on) { refusing_ = on; }
    /// Breaks the connections that stand.
    void cut() {
        boost::asio::post(context_, [this] { cut_now(); });
    }
    /// Breaks the connections that stand when the server has said this many bytes more; what is
    /// over is lost.
    void cut_after(std::int64_t server_bytes) { left_ = server_bytes; }

    std::uint64_t accepted() const { return accepted_; }

private:
    using Socket = boost::asio::generic::stream_protocol::socket;
    struct Pair {
        Socket client;
        Socket server;
        void close() {
            boost::system::error_code ignored;
            client.close(ignored);
            server.close(ignored);
        }
    };
    static constexpr auto use_awaitable = boost::asio::use_awaitable;

    template <class Acceptor>
    boost::asio::awaitable<void> accept(Acceptor& acceptor) {
        for (;;) {
            auto client = co_await acceptor.async_accept(use_awaitable);
            ++accepted_;
            if (refusing_) continue;
            const boost::asio::local::stream_protocol::endpoint address(target_);
            boost::asio::local::stream_protocol::socket server(context_);
            boost::system::error_code error;
            server.connect(address, error);
            if (error) continue;
            auto pair =
                std::make_shared<Pair>(Pair{Socket(std::move(client)), Socket(std::move(server))});
            pairs_.push_back(pair);
            boost::asio::co_spawn(
                context_, pump(pair, pair->client, pair->server, false), boost::asio::detached);
            boost::asio::co_spawn(
                context_, pump(pair, pair->server, pair->client, true), boost::asio::detached);
        }
    }

    boost::asio::awaitable<void> pump(
        std::shared_ptr<Pair> pair, Socket& from, Socket& to, bool from_server) {
        std::string piece(65536, '\0');
        try {
            for (;;) {
                const std::size_t count =
                    co_await from.async_read_some(boost::asio::buffer(piece), use_awaitable);
                co_await pass(to, std::string_view(piece).substr(0, count), from_server);
            }
        } catch (const boost::system::system_error&) {
            pair->close();
        }
        pairs_.remove(pair);
    }

    boost::asio::awaitable<void> pass(Socket& to, std::string_view bytes, bool from_server) {
        if (delay_ > 0) co_await sleep(delay_);
        while (stalled_)
            co_await sleep(2);
        if (from_server && left_ >= 0) {
            bytes = bytes.substr(0, static_cast<std::size_t>(left_.load()));
            left_ -= static_cast<std::int64_t>(bytes.size());
        }
        const std::size_t step = sliced_ ? 1 : bytes.size();
        for (; !bytes.empty(); bytes.remove_prefix(step)) {
            const auto part = boost::asio::buffer(bytes.data(), step);
            co_await boost::asio::async_write(to, part, use_awaitable);
        }
        if (from_server && left_ == 0) {
            left_ = -1;
            cut_now();
        }
    }

    boost::asio::awaitable<void> sleep(std::int64_t milliseconds) {
        boost::asio::steady_timer timer(context_, std::chrono::milliseconds(milliseconds));
        co_await timer.async_wait(use_awaitable);
    }

    void cut_now() {
        for (const auto& pair : pairs_)
            pair->close();
    }

    TempDir dir_;
    std::string target_;
    boost::asio::io_context context_{1};
    boost::asio::local::stream_protocol::acceptor unix_acceptor_;
    boost::asio::ip::tcp::acceptor tcp_acceptor_;
    std::list<std::shared_ptr<Pair>> pairs_;
    std::atomic<bool> stalled_{false};
    std::atomic<bool> sliced_{false};
    std::atomic<bool> refusing_{false};
    std::atomic<std::int64_t> delay_{0};
    std::atomic<std::int64_t> left_{-1};
    std::atomic<std::uint64_t> accepted_{0};
    std::uint16_t port_ = 0;
    std::thread thread_;
};

} // namespace mfad::test
