#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace mfad::domain {

/// So many in a period, spread by the generic cell rate algorithm: `limit` at once, then one each
/// `period / limit`.
struct RatePolicy {
    std::string name; ///< as the `RateLimit` header shows it
    std::uint32_t limit = 0;
    std::chrono::microseconds period{0};

    friend bool operator==(const RatePolicy&, const RatePolicy&) = default;
};

/// What a policy said of one request, with the numbers that the headers show.
struct RateVerdict {
    bool allowed = true;
    std::uint32_t remaining = 0;
    std::chrono::microseconds retry_after{0}; ///< until the same request would pass; 0 when it did
    std::chrono::microseconds reset{0};       ///< until all of the limit is there again

    friend bool operator==(const RateVerdict&, const RateVerdict&) = default;
};

/// A verdict and the policy that it is of.
struct RateReport {
    RatePolicy policy;
    RateVerdict verdict;
    bool counted = true; ///< false: limits are off, the verdict is that of an unused quota
};

struct GcraStep {
    RateVerdict verdict;
    /// To be stored when every policy of the decision allows. When one refuses, what it says itself
    /// is stored if it is less than before: a clock that stepped back, or a policy that shrank,
    /// costs one period at most.
    std::int64_t arrival = 0;
};

/// One step of the algorithm, the reference of the scripts' `gcra`. Times are microseconds of the
/// store's clock.
/// @param stored  the theoretical arrival time that is stored, if any
/// @param cost    0 looks without taking; more than the limit never passes
GcraStep gcra(
    std::int64_t now, std::optional<std::int64_t> stored, const RatePolicy& policy,
    std::uint32_t cost = 1);

} // namespace mfad::domain
