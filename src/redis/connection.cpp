#include "mfad/redis/connection.hpp"

#include "connection_core.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace mfad::redis {

namespace asio = runtime::asio;
using runtime::Awaitable;
using runtime::SteadyClock;

namespace {

using Signature = void(std::exception_ptr, Reply);
/// What resumes the caller. Its own type: a type-erased handler would be allocated for each
/// command.
using Handler = asio::async_result<runtime::UseAwaitable, Signature>::handler_type;

std::exception_ptr error_of(const Reply& reply) {
    const auto text = reply.error();
    return text ? std::make_exception_ptr(ErrorReply(*text)) : nullptr;
}

} // namespace

/// What is asked: a command, the script that it calls if it calls one, and until when.
struct Connection::Call {
    const Command* command = nullptr;
    const Script* script = nullptr;
    SteadyClock::time_point deadline{};
};

/// A command that somebody awaits, and where it calls a script that the server does not know, the
/// giving of that script and the command once more. It lives in the frame of the coroutine that its
/// handler resumes, so the handler is taken out before it is called.
class Connection::Operation final : public Pipeline::Slot {
public:
    void begin(Core& core, const Call& call, Handler handler) {
        core_ = &core;
        call_ = call;
        handler_.emplace(std::move(handler));
        if (const auto refused = core.submit(*call.command, *this, call.deadline))
            return finish_later(std::make_exception_ptr(Unavailable(*refused)));
        auto cancellation = asio::get_associated_cancellation_slot(*handler_);
        if (cancellation.is_connected())
            cancellation.assign([this](asio::cancellation_type type) { cancel(type); });
    }

    void on_reply(Reply reply) override {
        if (const Script* const loaded = std::exchange(loading_, nullptr))
            return on_loaded(*loaded, std::move(reply));
        auto error = error_of(reply);
        if (error && call_.script != nullptr && is_unknown_script(reply)) return load();
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
    static bool is_unknown_script(const Reply& reply) {
        return reply.error()->starts_with("NOSCRIPT");
    }

    void load() {
        loading_ = std::exchange(call_.script, nullptr); // once
        Command command("SCRIPT");
        command.arg("LOAD").arg(loading_->text);
        submit_again(command);
    }

    void on_loaded(const Script& script, Reply reply) {
        auto error = error_of(reply);
        if (!error && reply.text() == script.sha) return submit_again(*call_.command);
        if (!error)
            error = std::make_exception_ptr(UnexpectedReply(
                "Redis: script " + std::string(script.name) +
                " was built with the SHA-1 of another text"));
        finish(std::move(error), std::move(reply));
    }

    void submit_again(const Command& command) {
        if (const auto refused = core_->submit(command, *this, call_.deadline))
            on_failure(*refused);
    }

    Handler take() {
        Handler taken = std::move(*handler_);
        handler_.reset();
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
    Call call_;
    const Script* loading_ = nullptr; // the server is being given it
    std::optional<Handler> handler_;  // until it is called
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
    Call call;
    Operation operation{};

    void operator()(Handler handler) { operation.begin(*core, call, std::move(handler)); }
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

Awaitable<Reply> Connection::begin(const Call& call) {
    return asio::async_initiate<const runtime::UseAwaitable, Signature>(
        Start{core_.get(), call}, runtime::use_awaitable);
}

Awaitable<Reply> Connection::exec(const Command& command, SteadyClock::time_point deadline) {
    return begin({&command, nullptr, deadline});
}

Awaitable<std::pair<Reply, Reply>> Connection::exec(
    const Command& first, const Command& second, SteadyClock::time_point deadline) {
    Held held(*core_, first, deadline);
    Reply reply = co_await exec(second, deadline);
    co_return std::pair(held.take(), std::move(reply));
}

Awaitable<Reply> Connection::eval(
    const Script& script, const Command& command, SteadyClock::time_point deadline) {
    return begin({&command, &script, deadline});
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
