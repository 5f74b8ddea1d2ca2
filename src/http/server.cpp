#include "mfad/http/server.hpp"

#include "session.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cassert>
#include <exception>
#include <list>
#include <optional>
#include <utility>

#include <sys/socket.h>

namespace mfad::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using runtime::Awaitable;
using std::chrono::milliseconds;
using Acceptor = asio::basic_socket_acceptor<tcp, runtime::Executor>;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr std::size_t accept_batch = 64; // then sessions have their turn
constexpr milliseconds drain_step{50};
constexpr milliseconds patience_after_cut{1'000};

Acceptor listen(asio::io_context& io, const ServerOptions& options) {
    Acceptor acceptor(io.get_executor());
    acceptor.open(options.endpoint.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.set_option(ReusePort(true));
    if (options.endpoint.address().is_v6())
        acceptor.set_option(asio::ip::v6_only(!options.endpoint.address().is_unspecified()));
    acceptor.bind(options.endpoint);
    acceptor.listen(options.backlog);
    acceptor.non_blocking(true);
    return acceptor;
}

platform::IpAddress address_of(const tcp::endpoint& peer) {
    const asio::ip::address address = peer.address();
    if (address.is_v4()) return platform::IpAddress(address.to_v4().to_bytes());
    return platform::IpAddress(address.to_v6().to_bytes());
}

} // namespace

class Server::Body {
public:
    Body(asio::io_context& io, const ServerOptions& options, Application& application)
        : io_(io), context_(options, application), acceptor_(listen(io, options)),
          endpoint_(acceptor_.local_endpoint()), tick_(io), pause_(io), changed_(io) {}

    ~Body() { assert(nothing_left()); }

    void start();
    Awaitable<bool> drain(milliseconds grace);

    const tcp::endpoint& endpoint() const { return endpoint_; }
    const ServerCounters& counters() const { return context_.counters; }

private:
    using TimePoint = Session::TimePoint;

    bool nothing_left() const { return sessions_.empty() && ended_.empty() && loops_ == 0; }
    void spawn(Awaitable<void> loop);
    Awaitable<void> accept();
    bool accept_queued(std::size_t most);
    bool may_connect(const platform::IpAddress& address) const;
    void admit(runtime::TcpSocket socket, const tcp::endpoint& peer);
    void leave(std::list<Session>::iterator session, const std::exception_ptr& failure);

    Awaitable<void> watch();
    void look_at_sessions();
    template <class Condition>
    Awaitable<void> wait_until(TimePoint deadline, Condition condition);
    template <class Action>
    void for_each_session(Action action);

    asio::io_context& io_;
    SessionContext context_;
    Acceptor acceptor_;
    tcp::endpoint endpoint_;
    runtime::Timer tick_;
    runtime::Timer pause_;   ///< between attempts to accept
    runtime::Timer changed_; ///< cancelled when `drain` may go on
    std::list<Session> sessions_;
    std::list<Session> ended_; ///< about to be destroyed
    int loops_ = 0;
    bool stopped_ = false;
};

void Server::Body::start() {
    spawn(accept());
    spawn(watch());
}

void Server::Body::spawn(Awaitable<void> loop) {
    ++loops_;
    asio::co_spawn(io_.get_executor(), std::move(loop), [this](const std::exception_ptr& failure) {
        --loops_;
        changed_.cancel();
        if (failure) std::rethrow_exception(failure); // out of the context's run()
    });
}

Awaitable<void> Server::Body::accept() {
    while (!context_.draining) {
        const auto [error] =
            co_await acceptor_.async_wait(asio::socket_base::wait_read, runtime::tuple_token);
        if (error || context_.draining || accept_queued(accept_batch)) continue;
        context_.counters.accept_failures.add();
        pause_.expires_after(context_.options.accept_pause);
        co_await pause_.async_wait(runtime::tuple_token);
    }
}

/// Accepts what the kernel has queued, up to `most`. False when it cannot: descriptors or memory
/// have run out.
bool Server::Body::accept_queued(std::size_t most) {
    for (; most > 0; --most) {
        runtime::TcpSocket socket(io_.get_executor());
        tcp::endpoint peer;
        error_code error;
        acceptor_.accept(socket, peer, error);
        if (error == asio::error::would_block) return true;
        if (error) return false;
        admit(std::move(socket), peer);
    }
    return true;
}

/// Whether a connection may come from here; who the client is may be told later.
bool Server::Body::may_connect(const platform::IpAddress& address) const {
    const ServerOptions& options = context_.options;
    return !options.proxy_protocol || options.trusted_proxies.empty() ||
           options.trusted_proxies.trusts(address);
}

void Server::Body::admit(runtime::TcpSocket socket, const tcp::endpoint& peer) {
    if (sessions_.size() >= context_.options.max_connections)
        return context_.counters.connections_refused.add();
    const platform::IpAddress address = address_of(peer);
    if (!may_connect(address)) return context_.counters.proxy_headers_missing.add();
    std::optional<ConnectionTally::Place> place(std::in_place);
    if (!context_.options.proxy_protocol) place = context_.admit(address);
    if (!place) return context_.counters.connections_refused_per_address.add();
    error_code error;
    socket.non_blocking(true, error);
    if (!error) socket.set_option(tcp::no_delay(true), error);
    if (error) return; // gone already
    context_.counters.connections_total.add();
    context_.counters.connections_open.add();
    sessions_.emplace_front(context_, std::move(socket), address, std::move(*place));
    const auto session = sessions_.begin();
    auto done = [this, session](const std::exception_ptr& failure) { leave(session, failure); };
    asio::co_spawn(
        io_.get_executor(), session->run(),
        asio::bind_cancellation_slot(session->stop_slot(), std::move(done)));
}

void Server::Body::leave(std::list<Session>::iterator session, const std::exception_ptr& failure) {
    if (failure && !session->was_cut()) context_.counters.sessions_failed.add();
    // Not destroyed at once: the coroutine may have come to its end inside of its session's cut().
    ended_.splice(ended_.begin(), sessions_, session);
    asio::post(io_, [this, session] {
        ended_.erase(session);
        context_.counters.connections_open.subtract(); // its place can be had by then
        if (sessions_.empty()) changed_.cancel();
    });
}

Awaitable<void> Server::Body::watch() {
    while (!stopped_) {
        tick_.expires_after(context_.options.tick);
        co_await tick_.async_wait(runtime::tuple_token);
        look_at_sessions();
    }
}

void Server::Body::look_at_sessions() {
    const TimePoint now = runtime::SteadyClock::now();
    for_each_session([now](Session& session) { session.tick(now); });
}

/// `action` may end the session that it gets.
template <class Action>
void Server::Body::for_each_session(Action action) {
    for (auto next = sessions_.begin(); next != sessions_.end();)
        action(*next++);
}

template <class Condition>
Awaitable<void> Server::Body::wait_until(TimePoint deadline, Condition condition) {
    while (!condition() && runtime::SteadyClock::now() < deadline) {
        changed_.expires_at(std::min(deadline, runtime::SteadyClock::now() + drain_step));
        co_await changed_.async_wait(runtime::tuple_token);
        look_at_sessions();
    }
}

Awaitable<bool> Server::Body::drain(milliseconds grace) {
    assert(!context_.draining);
    const TimePoint start = runtime::SteadyClock::now();
    context_.draining = true;
    // What is queued in a closing listener would be reset, even where others share its port.
    accept_queued(SIZE_MAX);
    acceptor_.close();
    pause_.cancel();
    for_each_session([start](Session& session) { session.drain(start); });
    const auto none_left = [this] { return sessions_.empty(); };
    co_await wait_until(start + grace, none_left);

    const bool clean = std::all_of(sessions_.begin(), sessions_.end(), [](const Session& session) {
        return session.lingers();
    });
    for_each_session([](Session& session) { session.cut(); });
    stopped_ = true;
    tick_.cancel();
    const auto all_ended = [this] { return nothing_left(); };
    co_await wait_until(runtime::SteadyClock::now() + patience_after_cut, all_ended);
    co_return clean;
}

Server::Server(asio::io_context& io, const ServerOptions& options, Application& application)
    : body_(std::make_unique<Body>(io, options, application)) {}

Server::~Server() = default;

const tcp::endpoint& Server::endpoint() const {
    return body_->endpoint();
}

void Server::start() {
    body_->start();
}

Awaitable<bool> Server::drain(milliseconds grace) {
    return body_->drain(grace);
}

const ServerCounters& Server::counters() const {
    return body_->counters();
}

} // namespace mfad::http
