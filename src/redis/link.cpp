#include "link.hpp"

#include "dialogue.hpp"

#include "mfad/platform/crypto.hpp"

#include <boost/asio/co_spawn.hpp>

namespace mfad::redis {

namespace asio = runtime::asio;
using runtime::Awaitable;
using runtime::SteadyClock;

Link::Link(asio::io_context& context, LinkOptions options)
    : transport_(context.get_executor()), options_(std::move(options)),
      limit_(context.get_executor()), pause_(context.get_executor()),
      finished_(context.get_executor(), SteadyClock::time_point::max()),
      backoff_(options_.backoff_min, options_.backoff_max) {}

void Link::start() {
    running_ = true;
    // The loop catches what attempts throw; anything else is a bug and goes to whoever runs the
    // io_context.
    auto failed = [self = shared_from_this()](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
    };
    asio::co_spawn(transport_.get_executor(), run(), std::move(failed));
}

void Link::shut() noexcept {
    shut_ = true;
    transport_.close();
    pause_.cancel();
}

Awaitable<void> Link::join() {
    const auto self = shared_from_this();
    while (running_)
        co_await finished_.async_wait(runtime::tuple_token);
}

std::optional<SteadyClock::time_point> Link::last_up() const {
    return up_ ? SteadyClock::now() : last_up_;
}

Awaitable<void> Link::prepare(SetupChannel&) {
    co_return;
}

Awaitable<void> Link::run() {
    while (!shut_) {
        std::string why = co_await attempt();
        if (up_) last_up_ = SteadyClock::now();
        up_ = false;
        limit_.cancel();
        transport_.close();
        if (!shut_) last_error_ = std::move(why); // what the owner ended did not fail
        report(); // first: those whose commands fail now may end everything
        gone();
        if (shut_) break;
        pause_.expires_after(backoff_.next(platform::random_below(1000) / 1000.0));
        co_await pause_.async_wait(runtime::tuple_token);
    }
    running_ = false;
    finished_.cancel();
}

void Link::report() {
    if (shut_) return;
    shut_ = mismatch_;
    const auto& heard = mismatch_ ? options_.events.mismatch : options_.events.down;
    if (heard) heard(last_error_);
}

Awaitable<std::string> Link::attempt() {
    std::string why;
    try {
        co_await set_up();
        up_ = true;
        backoff_.reset();
        if (options_.events.up) options_.events.up();
        why = co_await serve();
    } catch (const SetupMismatch& mismatch) {
        mismatch_ = true;
        why = mismatch.what();
    } catch (const boost::system::system_error& error) {
        why = error.code().message();
    } catch (const std::exception& error) {
        why = error.what();
    }
    if (too_late_)
        why = "no answer within " + std::to_string(options_.connect_timeout.count()) + " ms";
    co_return why;
}

Awaitable<void> Link::set_up() {
    limit_attempt();
    co_await transport_.connect(options_.endpoint);
    Dialogue dialogue(transport_, options_.max_reply_bytes);
    co_await dialogue.introduce(options_.endpoint, options_.client_name);
    if (options_.setup) co_await options_.setup(dialogue);
    co_await prepare(dialogue);
    ++limits_; // a limit that expired this moment is void
    limit_.cancel();
    if (too_late_ || shut_) throw boost::system::system_error(asio::error::operation_aborted);
    if (dialogue.has_rest()) throw std::runtime_error("a reply that nothing asked for");
}

void Link::limit_attempt() {
    too_late_ = false;
    limit_.expires_after(options_.connect_timeout);
    limit_.async_wait([self = shared_from_this(), limit = ++limits_](auto error) {
        if (error || limit != self->limits_) return;
        self->too_late_ = true;
        self->transport_.close();
    });
}

} // namespace mfad::redis
