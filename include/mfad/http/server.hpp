#pragma once

#include "mfad/http/client_address.hpp"
#include "mfad/http/connection_tally.hpp"
#include "mfad/http/message.hpp"
#include "mfad/http/request_reader.hpp"
#include "mfad/runtime/executor.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace mfad::http {

struct ServerOptions {
    /// Port 0 takes a free one. The wildcard `::` serves IPv4 as well.
    runtime::asio::ip::tcp::endpoint endpoint{runtime::asio::ip::address_v4::loopback(), 0};
    int backlog = 4096;
    /// Over this many open connections of this server, new ones are closed at once.
    std::size_t max_connections = 20'000;
    /// Has the last word on a new connection, which is closed at once if its client has too many;
    /// with `proxy_protocol`, once its header has come. Connections of `trusted_proxies` are in
    /// nobody's count. Null: no limit. To be shared by the servers of a process, and to outlive
    /// them.
    ConnectionTally* tally = nullptr;
    /// Whose word on the client's address is taken.
    TrustedProxies trusted_proxies;
    /// Each connection begins with a header of the PROXY protocol (`parse_proxy_header`), in time
    /// for `header_timeout`, and comes from one of `trusted_proxies` unless that is empty. Any
    /// other is closed without an answer.
    bool proxy_protocol = false;
    /// Over this many requests that the application is handling, another is not handed to it, but
    /// answered at once (`Fault::overloaded`).
    std::size_t max_requests = 10'000;
    /// The answer to this many requests ends a connection.
    std::uint32_t max_requests_per_connection = 1'000;
    RequestLimits limits;

    // Deadlines are looked at every `tick`, so they may be late by as much.
    std::chrono::milliseconds header_timeout{5'000}; ///< first byte to the end of the header
    std::chrono::milliseconds body_timeout{10'000};  ///< from there to the end of the body
    std::chrono::milliseconds write_timeout{10'000}; ///< for an answer to be taken by the kernel
    std::chrono::milliseconds idle_timeout{30'000};  ///< to the first byte of a request
    std::chrono::milliseconds idle_grace{250};       ///< the same, once the server is draining
    std::chrono::milliseconds tick{250};
    std::chrono::milliseconds accept_pause{100}; ///< when descriptors or memory have run out

    // After a closing answer: how long, and for how much, the client is listened to, so that it
    // gets to read the answer before its own bytes make the kernel reset the connection.
    std::chrono::milliseconds linger_timeout{1'000};
    std::size_t linger_bytes = 256 * 1024;
};

/// A number that one thread counts and any may read.
class Counter {
public:
    void add() { change(1); }
    void subtract() { change(-1); }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    // One writer: a load and a store instead of a locked addition.
    void change(std::int64_t by) { value_.store(value() + by, std::memory_order_relaxed); }

    std::atomic<std::int64_t> value_{0};
};

struct ServerCounters {
    Counter connections_open;
    Counter connections_total;               ///< accepted
    Counter connections_refused;             ///< accepted over the cap, and closed
    Counter connections_refused_per_address; ///< closed, since its client had too many
    Counter proxy_headers_missing;           ///< closed for want of a PROXY header, or its sender
    Counter accept_failures;                 ///< pauses for want of descriptors or memory
    Counter requests;                        ///< handed to the application
    Counter requests_running;                ///< of those, the ones without an answer yet
    Counter sessions_failed;                 ///< ended by an exception: a bug, or no memory
    std::array<Counter, fault_count> faults; ///< by Fault

    void count(Fault fault) { faults[static_cast<std::size_t>(fault)].add(); }
    const Counter& of(Fault fault) const { return faults[static_cast<std::size_t>(fault)]; }
};

/// Serves HTTP/1.1 on one port, on one thread: that of its `io_context`.
///
/// Life: construct (binds and listens; connections queue in the kernel), `start()`, run the
/// context, `drain()`, destroy. Several threads share a port by a server each, with the same
/// endpoint (SO_REUSEPORT).
///
/// Every connection is one coroutine with one request in flight. A connection without a request
/// holds no buffers. All members but `counters()` belong to the context's thread.
class Server {
public:
    /// @param application has to outlive the server
    /// @throws boost::system::system_error when the port cannot be had
    Server(runtime::asio::io_context& io, const ServerOptions& options, Application& application);
    /// A started server has to be drained first: connections that are left end the process.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Where it listens: the port, when 0 was asked for.
    const runtime::asio::ip::tcp::endpoint& endpoint() const;

    /// Begins to accept. Once.
    void start();

    /// Stops: accepts what the kernel has queued, then closes the port; closes idle connections
    /// after `idle_grace`, answering what comes until then; lets the others finish. The last answer
    /// on each connection says `Connection: close`. Once.
    /// @param grace  then handlers are cancelled (`terminal`) and connections closed as they are; a
    ///               handler that does not end within a second after that is left to the destructor
    /// @return whether nobody had to be cut off
    runtime::Awaitable<bool> drain(std::chrono::milliseconds grace);

    /// Any thread may read them.
    const ServerCounters& counters() const;

private:
    class Body;
    std::unique_ptr<Body> body_;
};

} // namespace mfad::http
