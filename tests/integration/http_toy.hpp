#pragma once

#include "mfad/http/server.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace mfad::test {

/// Waits for something that another thread brings about; the condition is looked at every few
/// milliseconds, for ten seconds at most.
template <class Condition>
bool eventually(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > limit) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

/// Answers by path:
/// - `/fixed`: a constant · `/echo`: method, target, and body · `/peer` · `/client` ·
/// `/empty`: 204 · `/cached`: own Cache-Control
/// - `/close`: closes · `/throw`: throws · `/status`: none · `/big`: 16 MiB · `/age`:
/// milliseconds since `Request::received`
/// - `/gate`: when `open_gate()` was called · `/abrupt`: never, and it ends inside of its
/// cancellation
///
/// A fault is answered with its status and `fault: <what was thrown>` as text.
class ToyApplication final : public http::Application {
public:
    explicit ToyApplication(runtime::asio::io_context& io) : io_(io), gate_(io) {
        gate_.expires_at(runtime::SteadyClock::time_point::max());
    }

    runtime::Awaitable<http::Response> handle(const http::Request& request) override;
    http::Response fail(const http::Request& request, http::Fault fault) noexcept override;

    // From any thread:
    void open_gate();
    int waiting_at_gate() const { return waiting_; }
    /// Whether a request for this path has come.
    bool has_seen(const std::string& path) const;

private:
    runtime::asio::io_context& io_;
    runtime::Timer gate_;
    bool open_ = false;
    std::atomic<int> waiting_{0};
    mutable std::mutex mutex_;
    std::set<std::string> seen_;
};

/// A server with a toy application, on a thread of its own. Whatever is left at the end is cut off.
class ToyServer {
public:
    explicit ToyServer(const http::ServerOptions& options = {});
    ~ToyServer();

    std::uint16_t port() const { return port_; }
    ToyApplication& application() { return application_; }
    const http::ServerCounters& counters() const { return server_.counters(); }

    /// Begins to drain; the future has what `drain` says. The listener is closed when this returns.
    /// @param held of `hold()`: the thread goes on with the drain, before anything else
    std::future<bool> drain(
        std::chrono::milliseconds grace, std::optional<std::promise<void>> held = std::nullopt);
    /// Keeps the thread from doing anything until the returned promise is fulfilled.
    std::promise<void> hold();

private:
    runtime::asio::io_context io_{1};
    ToyApplication application_;
    http::Server server_;
    std::uint16_t port_;
    bool drained_ = false;
    std::thread thread_;
};

/// Options whose deadlines are short enough to wait for.
http::ServerOptions short_deadlines();

} // namespace mfad::test
