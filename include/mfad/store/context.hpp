#pragma once

#include "mfad/redis/command.hpp"
#include "mfad/redis/connection.hpp"
#include "mfad/redis/reply.hpp"
#include "mfad/redis/script.hpp"
#include "mfad/store/keys.hpp"

#include <chrono>
#include <cstdint>

namespace mfad::store {

/// What every store works with: one thread's connection, the names of the keys, and how long a call
/// may take.
///
/// All stores throw `redis::Unavailable` when Redis is away or does not answer in time (the outcome
/// of a write is then unknown), and `redis::UnexpectedReply` or `Corrupt` when what it holds is not
/// what they wrote: nothing that a caller could mend.
class Context {
public:
    /// @param audit_events that are kept, about, over all partitions
    Context(
        redis::Connection& connection, Keys keys, std::chrono::milliseconds timeout,
        std::uint64_t audit_events)
        : connection_(connection), keys_(keys), timeout_(timeout), audit_events_(audit_events) {}

    const Keys& keys() const { return keys_; }
    redis::Connection& connection() const { return connection_; }
    /// How many audit events a partition keeps, about.
    std::uint32_t audit_events() const {
        return static_cast<std::uint32_t>(
            (audit_events_ + keys_.partitions() - 1) / keys_.partitions());
    }

    runtime::Awaitable<redis::Reply> exec(const redis::Command& command) const {
        return connection_.exec(command, deadline());
    }
    runtime::Awaitable<std::pair<redis::Reply, redis::Reply>> exec(
        const redis::Command& first, const redis::Command& second) const {
        return connection_.exec(first, second, deadline());
    }
    runtime::Awaitable<redis::Reply> eval(
        const redis::Script& script, const redis::Command& command) const {
        return connection_.eval(script, command, deadline());
    }

private:
    runtime::SteadyClock::time_point deadline() const {
        return runtime::SteadyClock::now() + timeout_;
    }

    redis::Connection& connection_;
    Keys keys_;
    std::chrono::milliseconds timeout_;
    std::uint64_t audit_events_;
};

/// A stored record that cannot be what the product wrote.
struct Corrupt : std::runtime_error {
    using std::runtime_error::runtime_error;
};

} // namespace mfad::store
