#include "mfad/redis/key_watch.hpp"

#include "link.hpp"
#include "reply_reader.hpp"

#include <algorithm>
#include <deque>
#include <optional>

namespace mfad::redis {

namespace asio = runtime::asio;
using boost::system::error_code;
using runtime::Awaitable;
using runtime::SteadyClock;
using TimePoint = SteadyClock::time_point;

namespace {

constexpr std::string_view channel = "__redis__:invalidate";

} // namespace

class KeyWatch::Core final : public Link {
public:
    Core(asio::io_context& context, KeyWatchOptions options)
        : Link(context, std::move(options.link)), prefixes_(std::move(options.prefixes)),
          ping_interval_(options.ping_interval), coherent_for_(options.coherent_for),
          dead_after_(options.dead_after), reader_(options_.max_reply_bytes),
          timer_(context.get_executor()) {}

    bool coherent_at(TimePoint now) const {
        return confirmed_ && now - *confirmed_ <= coherent_for_;
    }

    void close() noexcept {
        shut();
        timer_.cancel();
    }

    std::vector<InvalidationListener*> listeners;

private:
    struct Ping {
        std::uint64_t sequence;
        TimePoint sent;
    };

    Awaitable<void> prepare(SetupChannel& setup) override;
    Awaitable<std::string> serve() override;
    void gone() override;

    void take(const Reply& reply);
    void take_pong(std::string_view sequence);
    void take_invalidation(ReplyView keys);
    void reset_all();
    void tick();
    void wait_for_tick();
    void write();

    const std::vector<std::string> prefixes_;
    const std::chrono::milliseconds ping_interval_;
    const std::chrono::milliseconds coherent_for_;
    const std::chrono::milliseconds dead_after_;

    ReplyReader reader_;
    runtime::Timer timer_;
    std::string output_; // small: what a stalled connection did not take
    std::deque<Ping> pings_;
    std::uint64_t sequence_ = 0; // never starts again: an old answer is never taken for a new one
    TimePoint alive_{};          // start of this connection, or sending of the last answered PING
    std::optional<TimePoint> confirmed_;
    bool silent_ = false;
    std::vector<char> input_ = std::vector<char>(16'384);
};

Awaitable<void> KeyWatch::Core::prepare(SetupChannel& setup) {
    Command command("CLIENT");
    command.arg("ID");
    const Reply id = co_await setup.exec(command);
    command.reset("CLIENT");
    command.arg("TRACKING").arg("ON").arg("REDIRECT").arg(id.integer()).arg("BCAST");
    for (const auto& prefix : prefixes_)
        command.arg("PREFIX").arg(prefix);
    co_await setup.exec(command);
}

// Changes are told from the subscription on, so everything kept until then is void.
Awaitable<std::string> KeyWatch::Core::serve() {
    reader_ = ReplyReader(options_.max_reply_bytes);
    pings_.clear();
    silent_ = false;
    alive_ = SteadyClock::now();
    Command subscribe("SUBSCRIBE");
    subscribe.arg(channel);
    output_ = subscribe.wire();
    tick();
    for (;;) {
        const auto [error, count] =
            co_await transport_.async_read_some(input_, runtime::tuple_token);
        if (error) co_return silent_ ? "the server is silent" : error.message();
        reader_.feed(std::string_view(input_.data(), count));
        while (const auto reply = reader_.next())
            take(*reply);
        if (!reader_.error().empty()) co_return "not a Redis reply: " + reader_.error();
    }
}

void KeyWatch::Core::gone() {
    timer_.cancel();
    if (confirmed_) reset_all();
    confirmed_.reset();
}

void KeyWatch::Core::take(const Reply& reply) {
    if (const auto error = reply.error()) throw ErrorReply(*error);
    const std::string_view kind = reply.at(0).text();
    if (kind == "message")
        take_invalidation(reply.at(2));
    else if (kind == "pong")
        take_pong(reply.at(1).text());
    else if (kind == "subscribe")
        reset_all();
    else
        throw UnexpectedReply("Redis: an invalidation connection got " + std::string(kind));
}

void KeyWatch::Core::take_pong(std::string_view sequence) {
    if (pings_.empty() || sequence != std::to_string(pings_.front().sequence))
        throw UnexpectedReply("Redis: an answer to a PING that was not sent");
    alive_ = pings_.front().sent;
    confirmed_ = alive_;
    pings_.pop_front();
}

void KeyWatch::Core::take_invalidation(ReplyView keys) {
    if (keys.is_nil()) return reset_all();
    for (std::size_t i = 0; i < keys.size(); ++i)
        for (InvalidationListener* const listener : listeners)
            listener->on_invalidate(keys.at(i).text());
}

void KeyWatch::Core::reset_all() {
    for (InvalidationListener* const listener : listeners)
        listener->on_reset();
}

void KeyWatch::Core::tick() {
    const TimePoint now = SteadyClock::now();
    if (now - alive_ > dead_after_) {
        silent_ = true;
        return transport_.close();
    }
    pings_.push_back({++sequence_, now});
    Command ping("PING");
    ping.arg(sequence_);
    output_ += ping.wire();
    write();
    wait_for_tick();
}

void KeyWatch::Core::wait_for_tick() {
    timer_.expires_after(ping_interval_);
    timer_.async_wait([self = shared_from_this(), this, sequence = sequence_](error_code error) {
        if (!error && sequence == sequence_ && is_up()) tick();
    });
}

// What the kernel does not take now goes with the next PING.
void KeyWatch::Core::write() {
    error_code error;
    const std::size_t count = transport_.write_now(output_, error);
    if (error) return transport_.close();
    output_.erase(0, count);
}

KeyWatch::KeyWatch(asio::io_context& context, KeyWatchOptions options)
    : core_(std::make_shared<Core>(context, std::move(options))) {}

KeyWatch::~KeyWatch() {
    core_->listeners.clear();
    core_->close();
}

void KeyWatch::start() {
    core_->start();
}

Awaitable<void> KeyWatch::stop() {
    const auto core = core_;
    core->close();
    co_await core->join();
}

bool KeyWatch::coherent_at(TimePoint now) const {
    return core_->coherent_at(now);
}

void KeyWatch::subscribe(InvalidationListener& listener) {
    core_->listeners.push_back(&listener);
}

void KeyWatch::unsubscribe(InvalidationListener& listener) {
    std::erase(core_->listeners, &listener);
}

const std::string& KeyWatch::last_error() const {
    return core_->last_error();
}

} // namespace mfad::redis
