#pragma once

#include "mfad/redis/endpoint.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <sys/types.h>

namespace mfad::redis {

struct PrivateServerOptions {
    std::string config;                   ///< text of a redis.conf, to which a few lines are added
    std::string program = "redis-server"; ///< a path, or a name to be found in PATH
    /// For the exit of a previous owner's server.
    std::chrono::milliseconds takeover_timeout{30'000};
    /// For the start, the loading of the data included.
    std::chrono::milliseconds start_timeout{60'000};
    /// For a clean exit; then the server is killed.
    std::chrono::milliseconds stop_timeout{30'000};
};

/// A redis-server of this program's own, on a unix socket in a data directory.
///
/// One process owns the directory: the one that holds `lock` (flock). It runs the server, which
/// ends with it, also when it is killed: the kernel then sends the server SIGTERM, it saves and
/// exits. The server itself holds `redis.lock` as long as it runs, so the next owner waits exactly
/// until the old server is gone. Other processes are guests, who use the socket as long as the
/// owner lives.
///
/// In the directory: `lock`, `redis.lock`, `redis.sock`, `redis.log`, `redis.conf` (written at
/// every start) and the data. Added to the configuration: port 0, unixsocket, unixsocketperm 700,
/// dir, logfile, daemonize no.
///
/// Threads: all functions block and belong to the main thread. The server ends with the thread that
/// started it.
class PrivateServer {
public:
    enum class Role { owner, guest };

    /// Becomes the owner and starts the server, or finds the owner's server; either way it answers
    /// when this returns. Throws `std::runtime_error` with a text for the operator;
    /// `std::invalid_argument` when the path is too long for a unix socket.
    static PrivateServer acquire(
        const std::filesystem::path& directory, PrivateServerOptions options);

    PrivateServer(PrivateServer&&) noexcept;
    PrivateServer& operator=(PrivateServer&&) noexcept;
    /// Stops the server when this is its owner.
    ~PrivateServer();

    Role role() const;
    const Endpoint& endpoint() const;
    /// Of the server; 0 for a guest and when it does not run.
    pid_t pid() const;

    /// Owner: how the server ended ("signal 9", "status 1") when it has without being told to. To
    /// be asked after SIGCHLD; nothing for a guest.
    std::optional<std::string> exited();

    /// Owner: starts the server again, with the data it had. Throws as `acquire`.
    void restart();

    /// Owner: ends the server, which writes what it has not written yet, and gives up the
    /// directory. Guest: nothing.
    void stop();

private:
    struct State;
    explicit PrivateServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace mfad::redis
