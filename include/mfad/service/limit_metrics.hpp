#pragma once

#include "mfad/platform/metrics.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::service {

/// What became of requests that a limit counts.
enum class LimitDecision : std::uint8_t {
    allowed,     ///< by the store
    leased,      ///< allowed out of what this process had taken from the store before
    limited,     ///< refused by the store
    shed,        ///< refused without asking the store again
    failed_open, ///< a read that went on though the store could not be asked
};

/// `mfad_limit_requests_total` by policy and decision. Names of policies are the program's own, a
/// dozen; whose request it was is never told. One object a thread: the numbers are shared, the way
/// to them is not.
class LimitMetrics {
public:
    explicit LimitMetrics(platform::Metrics& metrics) : metrics_(metrics) {}

    /// Shows the policy's numbers from now on, though they be 0.
    void declare(std::string_view policy) { series(policy); }

    void count(std::string_view policy, LimitDecision decision);

private:
    static constexpr std::size_t decisions = 5;
    struct Series {
        std::string policy;
        std::array<platform::Counter*, decisions> counters{};
    };
    Series& series(std::string_view policy);

    platform::Metrics& metrics_;
    std::vector<Series> series_; // few: looking through them is faster than a map
};

} // namespace mfad::service
