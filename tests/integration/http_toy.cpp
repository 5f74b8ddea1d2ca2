#include "http_toy.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <stdexcept>

namespace mfad::test {

using namespace std::chrono_literals;
namespace asio = runtime::asio;

namespace {

/// Waits for its cancellation, and completes inside of it: no later turn of the context in between.
struct WaitForCancellation {
    template <class Handler>
    void operator()(Handler handler) const {
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto kept = std::make_shared<Handler>(std::move(handler));
        slot.assign([kept](asio::cancellation_type) {
            const std::shared_ptr<Handler> own = kept; // the slot is cleared on the way
            (*own)(asio::error::operation_aborted);
        });
    }
};

} // namespace

runtime::Awaitable<http::Response> ToyApplication::handle(const http::Request& request) {
    {
        const std::lock_guard lock(mutex_);
        seen_.emplace(request.path);
    }
    const std::string_view path = request.path;
    if (path == "/throw") throw std::runtime_error("thrown on purpose");
    if (path == "/empty") co_return http::Response(204);
    if (path == "/big") co_return http::Response(200, "text/plain", std::string(16U << 20, 'b'));
    if (path == "/status") co_return http::Response(199);
    if (path == "/peer") co_return http::Response(200, "text/plain", std::string(request.peer));
    if (path == "/client") co_return http::Response(200, "text/plain", std::string(request.client));
    if (path == "/gate") {
        ++waiting_;
        if (!open_) co_await gate_.async_wait(runtime::tuple_token);
        --waiting_;
        co_return http::Response(200, "text/plain", "through");
    }
    if (path == "/abrupt") {
        ++waiting_;
        co_await asio::async_initiate<const runtime::UseAwaitable, void(boost::system::error_code)>(
            WaitForCancellation(), runtime::use_awaitable);
    }
    if (path == "/age") {
        const auto age = runtime::SteadyClock::now() - request.received;
        const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(age);
        co_return http::Response(200, "text/plain", std::to_string(millis.count()));
    }
    http::Response response(200, "text/plain", "fixed");
    if (path == "/echo") {
        std::string text(http::to_string(request.method));
        text.append(" ").append(request.path).append("?").append(request.query);
        text.append("\n").append(request.body);
        response = http::Response(200, "text/plain", std::move(text));
    }
    if (path == "/close") response.close();
    if (path == "/cached") response.header("Cache-Control", "public, max-age=300");
    co_return response;
}

http::Response ToyApplication::fail(const http::Request& request, http::Fault fault) noexcept {
    std::string text = "fault";
    if (const std::exception_ptr thrown = std::current_exception()) {
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& error) {
            text.append(": ").append(error.what());
        }
    }
    text.append(" at ").append(request.path);
    return http::Response(http::status_of(fault), "text/plain", std::move(text));
}

void ToyApplication::open_gate() {
    asio::post(io_, [this] {
        open_ = true;
        gate_.cancel();
    });
}

bool ToyApplication::has_seen(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return seen_.count(path) > 0;
}

ToyServer::ToyServer(const http::ServerOptions& options)
    : application_(io_), server_(io_, options, application_), port_(server_.endpoint().port()) {
    server_.start();
    thread_ = std::thread([this] { io_.run(); });
}

ToyServer::~ToyServer() {
    if (!drained_) drain(0ms).wait();
    thread_.join();
}

std::future<bool> ToyServer::drain(
    std::chrono::milliseconds grace, std::optional<std::promise<void>> held) {
    drained_ = true;
    std::promise<bool> clean;
    std::future<bool> result = clean.get_future();
    std::promise<void> begun;
    std::future<void> closed = begun.get_future();
    auto done = [promise = std::move(clean)](const std::exception_ptr&, bool value) mutable {
        promise.set_value(value);
    };
    // Spawned on the server's thread, where drain() runs up to its first wait before the promise is
    // fulfilled.
    auto start = [this, grace, promise = std::move(begun), finish = std::move(done)]() mutable {
        asio::co_spawn(io_, server_.drain(grace), std::move(finish));
        asio::post(io_, [told = std::move(promise)]() mutable { told.set_value(); });
    };
    asio::post(io_, std::move(start));
    if (held) held->set_value();
    closed.wait();
    return result;
}

std::promise<void> ToyServer::hold() {
    std::promise<void> release;
    std::promise<void> begun;
    std::future<void> held = begun.get_future();
    asio::post(io_, [wait = release.get_future(), told = std::move(begun)]() mutable {
        told.set_value();
        wait.wait();
    });
    held.wait();
    return release;
}

http::ServerOptions short_deadlines() {
    http::ServerOptions options;
    options.header_timeout = 100ms;
    options.body_timeout = 100ms;
    options.write_timeout = 100ms;
    options.idle_timeout = 100ms;
    options.tick = 5ms;
    return options;
}

} // namespace mfad::test
