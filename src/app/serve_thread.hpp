#pragma once

#include "front.hpp"
#include "installation.hpp"
#include "store_health.hpp"

#include "mfad/http/connection_tally.hpp"
#include "mfad/http/server.hpp"
#include "mfad/service/key_sets.hpp"
#include "mfad/service/password_pool.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace mfad::app {

/// What all threads of a server share; constant, or made for several threads.
struct Shared {
    const Installation& installation;
    const RouteTable& routes;
    platform::Metrics& metrics;
    service::PasswordPool& passwords;
    service::KeySetSource& key_sets;
    runtime::asio::ip::tcp::endpoint endpoint; ///< with the port that was found
    std::string public_url;
    http::ConnectionTally* connections; ///< null: a client may have as many as he wants
    std::function<void()> wake_worker;
    /// The database turned out to be another installation's: the process has to end. Any thread.
    std::function<void(const std::string& why)> mismatch;
};

/// One thread of the server: its own io_context, Redis connection, caches and acceptor. No other
/// thread touches them.
class ServeThread {
public:
    /// Binds and listens; connections queue until `start`.
    /// @param threads how many there are: limits of the instance are shared out
    ServeThread(const Shared& shared, unsigned number, unsigned threads);
    ServeThread(const ServeThread&) = delete;
    ServeThread& operator=(const ServeThread&) = delete;
    /// After `start`: only once `join` has returned.
    ~ServeThread();

    void start();
    /// From soon on, the thread works with these keys. Any thread.
    void use_keys(std::shared_ptr<const platform::KeyRing> ring);
    /// From now on with these limits.
    void use_limits(const platform::Config::Limits& limits);
    /// Begins to stop. `done` is called on `where`, with whether nobody had to be cut off.
    void drain(
        std::chrono::milliseconds grace, const runtime::Executor& where,
        std::function<void(bool clean)> done);
    /// Ends the thread, after `drain` is done.
    void join();

    // Any thread may read these.
    const StoreHealth& store_health() const;
    const http::ServerCounters& http_counters() const;

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace mfad::app
