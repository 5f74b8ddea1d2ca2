#include "session.hpp"

#include "mfad/http/proxy_header.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>

#include <algorithm>
#include <utility>

namespace mfad::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using runtime::Awaitable;
using Progress = RequestReader::Progress;

// As runtime::tuple_token, but without a coroutine frame for every operation.
constexpr auto lean_token = asio::as_tuple(asio::deferred);

/// A request's turn at the application, if it gets one.
class Turn {
public:
    Turn(ServerCounters& counters, std::size_t most)
        : counters_(counters), granted_(std::cmp_less(counters.requests_running.value(), most)) {
        if (!granted_) return;
        counters_.requests.add();
        counters_.requests_running.add();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
        if (granted_) counters_.requests_running.subtract();
    }

    bool granted() const { return granted_; }

private:
    ServerCounters& counters_;
    const bool granted_;
};

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

} // namespace

Session::Session(
    SessionContext& context, runtime::TcpSocket socket, const platform::IpAddress& peer,
    ConnectionTally::Place place)
    : context_(context), socket_(std::move(socket)), place_(std::move(place)), peer_(peer) {
    set_peer(peer);
}

void Session::set_peer(const platform::IpAddress& peer) {
    peer_ = peer;
    peer_text_ = peer.text();
    peer_is_trusted_ = context_.options.trusted_proxies.trusts(peer);
}

void Session::wait_for(State state, std::chrono::milliseconds limit) {
    state_ = state;
    due_ = runtime::SteadyClock::now() + limit;
}

void Session::tick(TimePoint now) {
    if (now < due_) return;
    error_code ignored;
    socket_.cancel(ignored);
}

void Session::drain(TimePoint now) {
    if (state_ == State::idle) due_ = std::min(due_, now + context_.options.idle_grace);
}

void Session::cut() {
    cut_ = true;
    error_code ignored;
    socket_.close(ignored);
    stop_.emit(asio::cancellation_type::terminal);
}

bool Session::has_unread_bytes() {
    error_code error;
    return socket_.available(error) > 0 && !error;
}

Awaitable<void> Session::run() {
    if (context_.options.proxy_protocol && !co_await read_proxy_header()) co_return;
    for (;;) {
        std::size_t count = std::exchange(first_count_, 0);
        if (count == 0) {
            wait_for(
                State::idle,
                context_.draining ? context_.options.idle_grace : context_.options.idle_timeout);
            const auto [error, received] =
                co_await socket_.async_read_some(first_space(), lean_token);
            // A request may have come at the same time as the end of the wait.
            if (error && (cut_ || !has_unread_bytes())) break;
            count = received;
        }
        const Desks::Loan desk = context_.desks.lend();
        hand_over(count, desk->reader);
        if (!co_await converse(*desk)) break;
    }
    if (says_farewell_) co_await linger();
}

/// Takes what the proxy says before anything else. False when it does not, or not in time, or when
/// the client has too many connections. Until then the connection counts as idle, so that nobody
/// who is silent holds up a drain.
Awaitable<bool> Session::read_proxy_header() {
    wait_for(State::idle, context_.options.header_timeout);
    if (context_.draining) drain(runtime::SteadyClock::now());
    std::size_t count = 0;
    for (;;) {
        const ProxyHeader header = parse_proxy_header({first_.data(), count});
        if (header.progress == ProxyHeader::Progress::complete)
            co_return take_proxy_header(header, count);
        error_code error = asio::error::invalid_argument;
        if (header.progress == ProxyHeader::Progress::need_more) {
            const asio::mutable_buffer space = asio::buffer(first_) + count;
            const auto [failed, received] = co_await socket_.async_read_some(space, lean_token);
            error = failed;
            count += received;
        }
        if (!error) continue;
        if (!cut_ && !context_.draining) context_.counters.proxy_headers_missing.add();
        co_return false;
    }
}

/// Leaves in `first_` what is the client's of the `count` bytes in it. False when he has too many
/// connections.
bool Session::take_proxy_header(const ProxyHeader& header, std::size_t count) {
    if (header.client) set_peer(*header.client);
    first_count_ = count - header.size;
    std::copy_n(first_.begin() + header.size, first_count_, first_.begin());
    platform::wipe(std::span(first_).first(count).subspan(first_count_));
    std::optional<ConnectionTally::Place> place = context_.admit(peer_);
    if (place)
        place_ = std::move(*place);
    else
        context_.counters.connections_refused_per_address.add();
    return place.has_value();
}

/// Where an idle connection's next bytes go. Waiting without a buffer would cost two calls of the
/// kernel for each request, one to wait and one to read.
asio::mutable_buffer Session::first_space() {
    return asio::buffer(first_, context_.options.limits.header_bytes);
}

void Session::hand_over(std::size_t count, RequestReader& reader) {
    std::copy_n(first_.begin(), count, reader.space().begin());
    reader.commit(count);
    platform::wipe(std::span(first_).first(count));
}

/// Serves requests until the client falls silent (true) or the connection has to end (false).
Awaitable<bool> Session::converse(Desk& desk) {
    RequestReader& reader = desk.reader;
    do {
        Progress progress = reader.advance();
        error_code error;
        if (progress == Progress::need_more && receive(reader, error)) progress = reader.advance();
        if (progress != Progress::complete) {
            const Reading reading = co_await read_request(desk, progress);
            if (reading == Reading::refused) co_return co_await refuse(desk, reader.fault());
            if (reading == Reading::timed_out) co_return co_await refuse(desk, Fault::timed_out);
            if (reading == Reading::ended) co_return false;
        }
        const Request& request = take_request(desk);
        Response response;
        try {
            const Turn turn(context_.counters, context_.options.max_requests);
            if (turn.granted())
                response = co_await context_.application.handle(request);
            else
                response = fail(request, Fault::overloaded);
            says_farewell_ = ends_with(desk, response);
            render(desk, response);
        } catch (...) {
            if (cut_) throw;
            says_farewell_ = true;
            response = fail(request, Fault::internal);
            render(desk, response);
        }
        std::string_view rest = desk.out;
        if (!send_at_once(rest, error) && !co_await send(rest)) co_return false;
        if (says_farewell_) co_return false;
        reader.next();
    } while (reader.has_bytes());
    co_return true;
}

/// Takes what the socket has. False when that is nothing: `error` says whether more may come.
bool Session::receive(RequestReader& reader, error_code& error) {
    const std::span<char> space = reader.space();
    const std::size_t count = socket_.read_some(asio::buffer(space.data(), space.size()), error);
    reader.commit(count);
    return count > 0;
}

/// Waits for the rest of a request that has not come in one piece.
Awaitable<Session::Reading> Session::read_request(Desk& desk, Progress progress) {
    RequestReader& reader = desk.reader;
    wait_for(State::reading, context_.options.header_timeout);
    bool in_body = false;
    while (progress != Progress::complete && progress != Progress::refused) {
        if (progress == Progress::expects_continue && !co_await send(go_on))
            co_return Reading::ended;
        if (reader.has_header() && !std::exchange(in_body, true))
            wait_for(State::reading, context_.options.body_timeout);
        error_code error;
        if (!receive(reader, error)) {
            if (error != asio::error::would_block) co_return Reading::ended;
            const auto [failed] =
                co_await socket_.async_wait(asio::socket_base::wait_read, lean_token);
            if (failed) co_return reader.has_bytes() && !cut_ ? Reading::timed_out : Reading::ended;
        }
        progress = reader.advance();
    }
    co_return progress == Progress::complete ? Reading::complete : Reading::refused;
}

/// Answers what cannot be read on, and ends.
Awaitable<bool> Session::refuse(Desk& desk, Fault fault) {
    state_ = State::handling;
    due_ = TimePoint::max();
    identify(desk);
    const bool owned = desk.reader.has_target();
    Response response = owned ? fail(desk.reader.request(), fault) : nobodys_answer(fault);
    if (!owned) context_.counters.count(fault);
    says_farewell_ = true;
    render(desk, response);
    co_await send(desk.out);
    co_return false;
}

const Request& Session::take_request(Desk& desk) {
    state_ = State::handling;
    due_ = TimePoint::max();
    ++served_;
    identify(desk);
    Request& request = desk.reader.request();
    if (peer_is_trusted_) find_client(desk);
    return request;
}

/// Tells the request when it came, who sent it, and what it is called.
void Session::identify(Desk& desk) {
    Request& request = desk.reader.request();
    request.received = runtime::SteadyClock::now();
    request.peer = peer_text_;
    request.client = peer_text_;
    const std::optional<std::string_view> given = request.header("X-Request-Id");
    if (given && is_sane_request_id(*given)) {
        request.request_id = *given;
    } else {
        context_.ids.make(desk.own_id);
        request.request_id = {desk.own_id.data(), desk.own_id.size()};
    }
}

/// Not for a request that was refused on the way: what the proxy has added comes last.
void Session::find_client(Desk& desk) {
    Request& request = desk.reader.request();
    const platform::IpAddress client =
        context_.options.trusted_proxies.client_of(request.headers, peer_);
    if (client == peer_) return;
    desk.client = client.text();
    request.client = desk.client;
}

Response Session::fail(const Request& request, Fault fault) {
    context_.counters.count(fault);
    return context_.application.fail(request, fault);
}

/// While the server drains, what a client has sent already is answered before the connection is
/// said to close.
bool Session::ends_with(const Desk& desk, const Response& response) {
    if (response.closes() || !desk.reader.keeps_alive()) return true;
    if (served_ >= context_.options.max_requests_per_connection) return true;
    return context_.draining && !desk.reader.has_next() && !has_unread_bytes();
}

void Session::render(Desk& desk, const Response& response) {
    const Request& request = desk.reader.request();
    AnswerFacts facts;
    facts.date = context_.date.text();
    facts.request_id = request.request_id;
    facts.closes = says_farewell_;
    facts.without_body = request.method == Method::head;
    platform::wipe(desk.out);
    append_answer(desk.out, response, facts);
}

/// Hands as much of `bytes` to the kernel as it takes now. True when that was all.
bool Session::send_at_once(std::string_view& bytes, error_code& error) {
    bytes.remove_prefix(socket_.write_some(asio::buffer(bytes), error));
    return bytes.empty();
}

Awaitable<bool> Session::send(std::string_view bytes) {
    wait_for(State::writing, context_.options.write_timeout);
    error_code error;
    while (!send_at_once(bytes, error)) {
        if (error && error != asio::error::would_block) co_return false;
        const auto [failed] =
            co_await socket_.async_wait(asio::socket_base::wait_write, lean_token);
        if (failed) co_return false;
    }
    co_return true;
}

/// Closing while bytes of the client are unread makes the kernel reset the connection, and the
/// answer may be lost.
Awaitable<void> Session::linger() {
    wait_for(State::lingering, context_.options.linger_timeout);
    error_code error;
    socket_.shutdown(asio::socket_base::shutdown_send, error);
    std::size_t left = context_.options.linger_bytes;
    while (!error && left > 0) {
        const std::size_t count = socket_.read_some(asio::buffer(context_.discarded), error);
        left -= std::min(left, count);
        if (error != asio::error::would_block) continue;
        const auto [failed] = co_await socket_.async_wait(asio::socket_base::wait_read, lean_token);
        error = failed;
    }
}

} // namespace mfad::http
