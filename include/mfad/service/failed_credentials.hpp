#pragma once

#include "mfad/domain/rate_limit.hpp"
#include "mfad/domain/refusal.hpp"
#include "mfad/redis/bounded_map.hpp"
#include "mfad/service/limit_metrics.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::service {

/// Opaque credentials that failed, by the address that they came from, so that who guesses does not
/// have the store asked at his pleasure. One thread's own count, in its memory: clients that are on
/// several threads or instances have the limit on each.
class FailedCredentials {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t most = 65'536; ///< clients; who is pushed out starts anew

    /// @param policy a limit of 0: nothing is refused
    /// @param metrics has to outlive it
    FailedCredentials(domain::RatePolicy policy, LimitMetrics& metrics);

    /// From now on by another policy; what has failed stays counted.
    void use(domain::RatePolicy policy) { policy_ = std::move(policy); }

    /// `too_many`, if as many of this client have failed as may.
    /// @param client address as text; IPv6 counts by /64
    std::optional<domain::Refusal> denied(std::string_view client, Time now);
    /// Counts one that has failed.
    void count(std::string_view client, Time now);

private:
    domain::GcraStep step(std::int64_t* arrival, Time now) const;
    std::int64_t* find(std::string_view client);

    domain::RatePolicy policy_;
    LimitMetrics& metrics_;
    redis::BoundedMap<std::int64_t> arrivals_;
};

} // namespace mfad::service
