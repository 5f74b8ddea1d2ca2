#include "connection_core.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace mfad::redis {

namespace asio = runtime::asio;
using boost::system::error_code;
using runtime::Awaitable;
using runtime::SteadyClock;

/// While it stands, callers run; what they submit is written at its end.
class Connection::Core::Turn {
public:
    explicit Turn(Core& core) : core_(core) { core_.in_turn_ = true; }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
        core_.in_turn_ = false;
        core_.flush();
        core_.set_timer();
        if (core_.draining_ && core_.pipeline_.empty()) core_.drained_.cancel();
    }

private:
    Core& core_;
};

Connection::Core::Core(asio::io_context& context, ConnectionOptions options)
    : Link(context, std::move(options.link)), ping_interval_(options.ping_interval),
      pipeline_({options.max_commands, options.max_waiting_bytes, options_.max_reply_bytes}),
      timer_(context.get_executor()), drained_(context.get_executor()) {}

bool Connection::Core::accepts() const {
    return !draining_ && !is_shut() && (is_up() || first_attempt_);
}

std::optional<Unavailable::Reason> Connection::Core::submit(
    const Command& command, Pipeline::Slot& slot, Pipeline::TimePoint deadline) {
    if (!accepts()) return Unavailable::Reason::not_connected;
    if (deadline <= SteadyClock::now()) return Unavailable::Reason::timed_out;
    if (!pipeline_.submit(command.wire(), slot, deadline)) return Unavailable::Reason::overloaded;
    if (pipeline_.has_batch()) flush();
    if (!in_turn_) {
        flush_later();
        set_timer();
    }
    return std::nullopt;
}

bool Connection::Core::cancel(Pipeline::Slot& slot, asio::cancellation_type type) {
    const auto state = pipeline_.state(slot);
    const auto taken = state == Pipeline::SlotState::waiting
                           ? asio::cancellation_type::total | asio::cancellation_type::terminal
                           : asio::cancellation_type::terminal;
    if (state == Pipeline::SlotState::idle || (type & taken) == asio::cancellation_type::none)
        return false;
    pipeline_.abandon(slot);
    return true;
}

void Connection::Core::flush_later() {
    if (flush_posted_ || writing_ || !pipeline_.is_open()) return;
    flush_posted_ = true;
    asio::post(transport_.get_executor(), [self = self()] {
        self->flush_posted_ = false;
        self->flush();
    });
}

void Connection::Core::flush() {
    if (writing_) return;
    for (auto bytes = pipeline_.to_write(); !bytes.empty(); bytes = pipeline_.to_write()) {
        error_code error;
        const std::size_t count = transport_.write_now(bytes, error);
        if (error) return broken(error.message());
        pipeline_.wrote(count);
        if (count < bytes.size()) return write_rest(bytes.substr(count));
    }
}

void Connection::Core::write_rest(std::string_view rest) {
    writing_ = true;
    auto written = [self = self(), generation = generation_](error_code error, std::size_t count) {
        if (generation != self->generation_) return;
        self->writing_ = false;
        if (error) return self->broken(error.message());
        self->pipeline_.wrote(count);
        self->flush();
    };
    transport_.async_write_some(rest, std::move(written));
}

// The reading side notices the closed socket, so a loss is handled in one place.
void Connection::Core::broken(std::string why) {
    if (broken_.empty()) broken_ = std::move(why);
    transport_.close();
}

Awaitable<std::string> Connection::Core::serve() {
    ++connects_;
    ++generation_;
    writing_ = false;
    broken_.clear();
    pipeline_.open();
    heard();
    { const Turn turn(*this); } // what waited for this connection goes out
    for (;;) {
        const auto [error, count] =
            co_await transport_.async_read_some(input_, runtime::tuple_token);
        if (error) co_return broken_.empty() ? error.message() : broken_;
        heard();
        const Turn turn(*this);
        if (!pipeline_.feed(std::string_view(input_.data(), count))) co_return pipeline_.error();
    }
}

void Connection::Core::gone() {
    ++generation_;
    first_attempt_ = false;
    health_at_ = Pipeline::TimePoint::max();
    timer_at_ = Pipeline::TimePoint::max();
    timer_.cancel();
    const Turn turn(*this);
    if (pipeline_.is_open())
        pipeline_.lose();
    else
        pipeline_.refuse_waiting();
}

void Connection::Core::heard() {
    silent_ = false;
    health_at_ = SteadyClock::now() + ping_interval_;
}

// Two checks without a byte between them: a process that was stopped for a while does not blame the
// server.
void Connection::Core::check_health(Pipeline::TimePoint now) {
    if (now < health_at_ || !pipeline_.is_open()) return;
    if (silent_) {
        health_at_ = Pipeline::TimePoint::max();
        return broken("the server is silent");
    }
    silent_ = true;
    health_at_ = now + ping_interval_;
    const Command ping("PING");
    // When the queue is full there are replies to wait for anyway.
    if (pipeline_.state(heartbeat_) == Pipeline::SlotState::idle)
        pipeline_.submit(ping.wire(), heartbeat_, Pipeline::TimePoint::max());
}

void Connection::Core::set_timer() {
    const auto next = std::min(pipeline_.next_deadline(), health_at_);
    if (next >= timer_at_) return;
    timer_at_ = next;
    timer_.expires_at(next);
    timer_.async_wait([self = self()](error_code error) {
        if (!error) self->on_timer();
    });
}

void Connection::Core::on_timer() {
    timer_at_ = Pipeline::TimePoint::max();
    const Turn turn(*this);
    const auto now = SteadyClock::now();
    pipeline_.expire(now);
    check_health(now);
}

Awaitable<void> Connection::Core::drain(std::chrono::milliseconds grace) {
    const auto self_ = self();
    draining_ = true;
    if (pipeline_.empty()) co_return;
    drained_.expires_after(grace);
    co_await drained_.async_wait(runtime::tuple_token);
}

void Connection::Core::abandon_all() noexcept {
    shut();
    timer_.cancel();
    drained_.cancel();
    ++generation_;
    pipeline_.drop_all();
}

Counters Connection::Core::counters() const {
    Counters counters = pipeline_.counters();
    counters.connects = connects_;
    return counters;
}

} // namespace mfad::redis
