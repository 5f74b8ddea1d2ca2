#include "mfad/redis/connection.hpp"

#include "connection_core.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <exception>

namespace mfad::redis {

namespace asio = runtime::asio;
using runtime::Awaitable;
using runtime::SteadyClock;

namespace {

using Signature = void(std::exception_ptr, Reply);
using Handler = asio::any_completion_handler<Signature>;

std::exception_ptr error_of(const Reply& reply) {
    const auto text = reply.error();
    return text ? std::make_exception_ptr(ErrorReply(*text)) : nullptr;
}

} // namespace

/// A command that somebody awaits. It lives in the frame of the coroutine that its handler resumes,
/// so the handler is taken out before it is called.
class Connection::Operation final : public Pipeline::Slot {
public:
    void begin(
        Core& core, const Command& command, SteadyClock::time_point deadline, Handler handler) {
        core_ = &core;
        handler_.swap(handler); // any_completion_handler of Boost 1.81 recurses when it is assigned
        if (const auto refused = core.submit(command, *this, deadline))
            return finish_later(std::make_exception_ptr(Unavailable(*refused)));
        auto cancellation = asio::get_associated_cancellation_slot(handler_);
        if (cancellation.is_connected())
            cancellation.assign([this](asio::cancellation_type type) { cancel(type); });
    }

    void on_reply(Reply reply) override {
        auto error = error_of(reply);
        finish(std::move(error), std::move(reply));
    }
    void on_failure(Unavailable::Reason reason) override {
        finish(std::make_exception_ptr(Unavailable(reason)), Reply());
    }
    void on_dropped() noexcept override {
        core_ = nullptr;
        const Handler doomed = take();
    }

private:
    Handler take() {
        Handler taken;
        taken.swap(handler_);
        return taken;
    }

    // The caller runs here, in the connection's turn. What is thrown by a completion handler is its
    // owner's business, so it goes the usual way, out of the io_context's `run`, and not through
    // the connection.
    void finish(std::exception_ptr error, Reply reply) {
        const auto executor = core_->get_executor();
        try {
            take()(std::move(error), std::move(reply));
        } catch (...) {
            asio::post(
                executor, [thrown = std::current_exception()] { std::rethrow_exception(thrown); });
        }
    }

    void finish_later(std::exception_ptr error) {
        auto completion = [handler = take(), error]() mutable {
            std::move(handler)(std::move(error), Reply());
        };
        asio::post(core_->get_executor(), std::move(completion));
    }

    void cancel(asio::cancellation_type type) {
        if (core_ == nullptr || !core_->cancel(*this, type)) return;
        const boost::system::system_error aborted(asio::error::operation_aborted);
        finish_later(std::make_exception_ptr(aborted));
    }

    Core* core_ = nullptr;
    Handler handler_;
};

/// The first of two commands that are awaited together: it keeps its reply until the second one's
/// resumes the caller. Lives in the caller's frame.
class Connection::Held final : public Pipeline::Slot {
public:
    Held(Core& core, const Command& command, SteadyClock::time_point deadline) : core_(&core) {
        if (const auto refused = core.submit(command, *this, deadline)) throw Unavailable(*refused);
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() override {
        if (core_ != nullptr) core_->cancel(*this, asio::cancellation_type::terminal);
    }

    void on_reply(Reply reply) override {
        core_ = nullptr;
        reply_ = std::move(reply);
    }
    void on_failure(Unavailable::Reason reason) override {
        core_ = nullptr;
        failure_ = reason;
    }
    void on_dropped() noexcept override { core_ = nullptr; }

    /// To be called once the second reply is there.
    Reply take() {
        if (failure_) throw Unavailable(*failure_);
        if (const auto text = reply_.error()) throw ErrorReply(*text);
        return std::move(reply_);
    }

private:
    Core* core_; // null once this slot is out of the queue
    Reply reply_;
    std::optional<Unavailable::Reason> failure_;
};

struct Connection::Start {
    Core* core;
    const Command* command;
    SteadyClock::time_point deadline;
    Operation operation{};

    void operator()(auto&& handler) {
        operation.begin(*core, *command, deadline, Handler(std::move(handler)));
    }
};

Connection::Connection(asio::io_context& context, ConnectionOptions options)
    : core_(std::make_shared<Core>(context, std::move(options))) {}

Connection::~Connection() {
    core_->abandon_all();
}

void Connection::start() {
    core_->start();
}

Awaitable<void> Connection::stop(std::chrono::milliseconds grace) {
    const auto core = core_;
    co_await core->drain(grace);
    core->shut();
    co_await core->join();
}

Awaitable<Reply> Connection::exec(const Command& command, SteadyClock::time_point deadline) {
    return asio::async_initiate<const runtime::UseAwaitable, Signature>(
        Start{core_.get(), &command, deadline}, runtime::use_awaitable);
}

Awaitable<std::pair<Reply, Reply>> Connection::exec(
    const Command& first, const Command& second, SteadyClock::time_point deadline) {
    Held held(*core_, first, deadline);
    Reply reply = co_await exec(second, deadline);
    co_return std::pair(held.take(), std::move(reply));
}

Awaitable<Reply> Connection::eval(
    const Script& script, const Command& command, SteadyClock::time_point deadline) {
    try {
        co_return co_await exec(command, deadline);
    } catch (const ErrorReply& error) {
        if (error.code() != "NOSCRIPT") throw;
    }
    Command load("SCRIPT");
    load.arg("LOAD").arg(script.text);
    const Reply sha = co_await exec(load, deadline);
    if (sha.text() != script.sha)
        throw UnexpectedReply(
            "Redis: script " + std::string(script.name) +
            " was built with the SHA-1 of another text");
    co_return co_await exec(command, deadline);
}

bool Connection::connected() const {
    return core_->is_up();
}

std::optional<SteadyClock::time_point> Connection::last_up() const {
    return core_->last_up();
}

const std::string& Connection::last_error() const {
    return core_->last_error();
}

Counters Connection::counters() const {
    return core_->counters();
}

} // namespace mfad::redis
