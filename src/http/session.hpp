#pragma once

#include "answer.hpp"
#include "date_clock.hpp"
#include "desk.hpp"
#include "request_id.hpp"

#include "mfad/http/connection_tally.hpp"
#include "mfad/http/server.hpp"
#include "mfad/platform/ip_address.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::http {

struct ProxyHeader;

/// What the sessions of a server share. One thread.
struct SessionContext {
    SessionContext(const ServerOptions& server_options, Application& served)
        : options(server_options), application(served), desks(options.limits) {}

    /// A place for one more connection of `address`; nothing when its client has too many.
    std::optional<ConnectionTally::Place> admit(const platform::IpAddress& address) const {
        const bool counts = options.tally != nullptr && !options.trusted_proxies.trusts(address);
        return counts ? options.tally->enter(address) : ConnectionTally::Place();
    }

    const ServerOptions options;
    Application& application;
    ServerCounters counters;
    Desks desks;
    DateClock date;
    RequestIds ids;
    bool draining = false;
    std::array<char, 16 * 1024> discarded{}; ///< what nobody reads
};

/// One connection.
///
/// Reads and writes are tried at once, on a socket that does not block; only what has to wait for
/// the peer waits. No wait has a timer of its own: each sets a due time, which the server's tick
/// looks at.
class Session {
public:
    Session(
        SessionContext& context, runtime::TcpSocket socket, const platform::IpAddress& peer,
        ConnectionTally::Place place);

    /// The connection's life. The session has to outlive it.
    runtime::Awaitable<void> run();

    /// For the coroutine that runs `run()`: how `cut()` reaches a handler.
    boost::asio::cancellation_slot stop_slot() { return stop_.slot(); }

    using TimePoint = runtime::SteadyClock::time_point;
    /// Ends a wait that has lasted too long.
    void tick(TimePoint now);
    /// Shortens the time that it may be idle.
    void drain(TimePoint now);
    /// Ends it as it is.
    void cut();
    bool was_cut() const { return cut_; }
    /// Whether all has been said, and only the client's end is awaited.
    bool lingers() const { return state_ == State::lingering; }

private:
    enum class State : std::uint8_t { idle, reading, handling, writing, lingering };
    enum class Reading : std::uint8_t { complete, refused, timed_out, ended };

    void set_peer(const platform::IpAddress& peer);
    void wait_for(State state, std::chrono::milliseconds limit);
    bool has_unread_bytes();
    boost::asio::mutable_buffer first_space();
    void hand_over(std::size_t count, RequestReader& reader);

    runtime::Awaitable<bool> read_proxy_header();
    bool take_proxy_header(const ProxyHeader& header, std::size_t count);
    runtime::Awaitable<bool> converse(Desk& desk);
    bool receive(RequestReader& reader, boost::system::error_code& error);
    runtime::Awaitable<Reading> read_request(Desk& desk, RequestReader::Progress progress);
    runtime::Awaitable<bool> refuse(Desk& desk, Fault fault);
    const Request& take_request(Desk& desk);
    void identify(Desk& desk);
    void find_client(Desk& desk);
    Response fail(const Request& request, Fault fault);
    bool ends_with(const Desk& desk, const Response& response);
    void render(Desk& desk, const Response& response);
    bool send_at_once(std::string_view& bytes, boost::system::error_code& error);
    runtime::Awaitable<bool> send(std::string_view bytes);
    runtime::Awaitable<void> linger();

    SessionContext& context_;
    runtime::TcpSocket socket_;
    ConnectionTally::Place place_; ///< in the count of the peer's connections
    platform::IpAddress peer_;
    std::string peer_text_;
    bool peer_is_trusted_ = false; ///< to say who the client is
    boost::asio::cancellation_signal stop_;
    TimePoint due_ = TimePoint::max();
    std::uint32_t served_ = 0;
    State state_ = State::idle;
    bool says_farewell_ = false; ///< an answer with `Connection: close` was sent
    bool cut_ = false;
    std::size_t first_count_ = 0;  ///< bytes in `first_` that came behind a PROXY header
    std::array<char, 1024> first_; ///< of a request, as much as most have
};

} // namespace mfad::http
