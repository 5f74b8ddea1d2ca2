#pragma once

#include "front.hpp"
#include "installation.hpp"

#include "mfad/http/server.hpp"
#include "mfad/redis/key_watch.hpp"
#include "mfad/service/cached_sources.hpp"

#include <functional>
#include <memory>

namespace mfad::app {

/// What all threads of a server share; all of it constant, or made for several threads.
struct Shared {
    Installation& installation;
    const RouteTable& routes;
    platform::Metrics& metrics;
    service::PasswordPool& passwords;
    std::string public_url;
    std::function<void()> wake_worker;
    /// The database turned out to be another installation's: the process has to end.
    std::function<void(const std::string& why)> mismatch;
};

/// One thread of the server: its own io_context, Redis connection, caches and acceptor. Nothing in it is shared with
/// another thread.
class ServeThread {
public:
    /// Binds; does not run yet. @param port of the first thread, when the system has chosen it; else the configured
    ServeThread(const Shared& shared, unsigned number, std::uint16_t port);
    ServeThread(const ServeThread&) = delete;
    ServeThread& operator=(const ServeThread&) = delete;
    ~ServeThread();

    std::uint16_t port() const;
    /// Makes public URLs known that depend on the port; then begins to serve on a thread of its own.
    void start();
    /// Stops serving, drains, and ends the thread. @return whether nobody had to be cut off
    bool drain(std::chrono::milliseconds grace);

    /// Whether the store answered lately; any thread.
    bool store_connected() const;
    const http::ServerCounters& http_counters() const;

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace mfad::app
