#pragma once

#include "mfad/redis/connection.hpp"
#include "mfad/runtime/executor.hpp"

#include <atomic>
#include <chrono>

namespace mfad::app {

/// Since when a thread's connection to the store is away; written by that thread, read by any.
class StoreHealth {
public:
    void up() { away_since_.store(0, std::memory_order_relaxed); }
    void down() {
        // The first failure counts, not the last attempt.
        std::int64_t never = 0;
        away_since_.compare_exchange_strong(never, now(), std::memory_order_relaxed);
    }

    /// For how long it has been away; 0 while it is there.
    std::chrono::nanoseconds away() const {
        const std::int64_t since = away_since_.load(std::memory_order_relaxed);
        return std::chrono::nanoseconds{since == 0 ? 0 : std::max<std::int64_t>(1, now() - since)};
    }

private:
    static std::int64_t now() { return runtime::SteadyClock::now().time_since_epoch().count(); }

    std::atomic<std::int64_t> away_since_{now()}; // not there until it is
};

} // namespace mfad::app
