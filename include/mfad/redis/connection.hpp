#pragma once

#include "mfad/redis/command.hpp"
#include "mfad/redis/counters.hpp"
#include "mfad/redis/endpoint.hpp"
#include "mfad/redis/errors.hpp"
#include "mfad/redis/reply.hpp"
#include "mfad/redis/script.hpp"
#include "mfad/runtime/executor.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace mfad::redis {

/// A connection that has just been made and serves nobody yet: one command at a time.
class SetupChannel {
public:
    virtual ~SetupChannel() = default;

    /// The reply; an error reply is thrown as `ErrorReply`, a broken connection as
    /// `boost::system::system_error`.
    virtual runtime::Awaitable<Reply> exec(const Command& command) = 0;
};

/// Thrown by a setup hook when this server is the wrong one and will stay so: no further attempt is
/// made.
class SetupMismatch : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What the owner hears about a connection, on its thread. None of them may throw or destroy the
/// connection.
struct LinkEvents {
    std::function<void()> up;
    /// An attempt failed or a connection broke; the next attempt will come. Told for each attempt.
    std::function<void(const std::string& why)> down;
    /// A setup hook threw `SetupMismatch`: the link has ended. The owner is expected to end the
    /// process.
    std::function<void(const std::string& why)> mismatch;
};

/// How a connection is made, and made again.
struct LinkOptions {
    Endpoint endpoint;
    std::string client_name; ///< for CLIENT LIST; empty: none
    /// Run on every new connection before any other command, after AUTH and SELECT. What it throws
    /// drops the connection; it is tried again later, unless it is a `SetupMismatch`.
    std::function<runtime::Awaitable<void>(SetupChannel&)> setup;
    LinkEvents events;
    std::chrono::milliseconds connect_timeout{2000}; ///< for connecting and setting up together
    std::chrono::milliseconds backoff_min{50};       ///< before the second attempt, then doubling
    std::chrono::milliseconds backoff_max{1000};
    std::size_t max_reply_bytes = std::size_t{64} << 20;
};

struct ConnectionOptions {
    LinkOptions link;
    /// Waiting and in flight together; one more is `overloaded`.
    std::size_t max_commands = 16'384;
    /// Of commands that have not been handed to the kernel; one more is `overloaded`.
    std::size_t max_waiting_bytes = std::size_t{16} << 20;
    /// After this much silence the server is sent a PING, after twice as much the connection is
    /// dead.
    std::chrono::milliseconds ping_interval{3000};
};

/// A Redis connection for everything that runs on one thread: commands of all coroutines share it,
/// leave together in one write per turn of the event loop, and get their replies in order.
///
/// It connects for ever, with growing pauses, until `stop`. Commands submitted before the end of
/// the first attempt wait for it; later ones fail at once with `not_connected` while there is no
/// connection. A command is sent at most once.
///
/// Life cycle: `start`, use, `stop`, destroy. Destroying without `stop` abandons what is pending:
/// those coroutines are never resumed; the `io_context` unwinds them in its next turn, or when it
/// goes itself. A coroutine that a reply resumes runs inside the connection's own turn; it may
/// submit at once, and even destroy the connection.
///
/// Threads: the one that runs the `io_context`, which must outlive the connection.
class Connection {
public:
    Connection(runtime::asio::io_context& context, ConnectionOptions options);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Begins to connect. To be called once.
    void start();

    /// Refuses new commands, waits until those in flight are answered but not longer than `grace`,
    /// and ends the connection; what is left then fails as `lost` or `not_connected`.
    runtime::Awaitable<void> stop(std::chrono::milliseconds grace);

    /// Runs a command and gives its reply.
    ///
    /// Throws `Unavailable` or, for an error reply, `ErrorReply`. The command is copied when the
    /// awaitable is awaited. After the deadline the caller is told `timed_out`; a command that was
    /// sent may have its effect all the same, one whose deadline has passed already is not sent.
    ///
    /// Cancellation: a command that waits takes `total` and `terminal`, one that was sent takes
    /// `terminal` only. Its reply is dropped and the connection stays usable; the caller gets
    /// `operation_aborted`.
    runtime::Awaitable<Reply> exec(
        const Command& command, runtime::SteadyClock::time_point deadline);

    /// Runs two commands in one round trip, the first one first; nothing of ours comes between
    /// them, other clients' commands may. Throws what either of them failed with.
    runtime::Awaitable<std::pair<Reply, Reply>> exec(
        const Command& first, const Command& second, runtime::SteadyClock::time_point deadline);

    /// As `exec` for a command made by `Command::eval(script, …)`. A server that does not know the
    /// script is given it and asked again, once: a script that is not known has not run. Script and
    /// command must live until this is over.
    runtime::Awaitable<Reply> eval(
        const Script& script, const Command& command, runtime::SteadyClock::time_point deadline);

    bool connected() const;
    /// When a connection was last up: now, while it is; nothing, when none has ever been.
    std::optional<runtime::SteadyClock::time_point> last_up() const;
    /// Why the last attempt failed or the last connection broke; empty when nothing ever did.
    const std::string& last_error() const;
    Counters counters() const;

private:
    class Core;
    class Operation;
    class Held;
    struct Call;
    struct Start;
    runtime::Awaitable<Reply> begin(const Call& call);
    std::shared_ptr<Core> core_;
};

} // namespace mfad::redis
