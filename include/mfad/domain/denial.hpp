#pragma once

#include "mfad/domain/rate_limit.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace mfad::domain {

/// That a decision's policies have no room for one more request, kept so that the store need not be
/// asked again: what GCRA stores only grows, so until the longest `retry_after` has passed every
/// request of theirs would be refused. Never says that one is allowed.
class Denial {
public:
    using Time = std::chrono::steady_clock::time_point;
    /// Then the store is asked all the same: a limit may have been raised meanwhile, or reset.
    static constexpr std::chrono::milliseconds longest{1000};

    Denial() = default; ///< of nothing: over from the beginning
    /// The verdicts were made some time between the asking and the hearing. It ends as if it had
    /// been at once, so that nobody is refused too long, and tells waits as if at the last, so that
    /// none is told too short.
    /// @param verdicts of the policies of one decision, in their order; if none denies, it is over
    ///   from the beginning
    Denial(std::vector<RateVerdict> verdicts, Time asked, Time heard);

    /// What the store would say of another request; nothing: it has to be asked. What is left of
    /// policies that would have allowed may be told too low.
    std::optional<std::vector<RateVerdict>> verdicts(Time now) const;
    bool over(Time now) const { return now >= until_; }

private:
    std::vector<RateVerdict> verdicts_;
    Time since_{};
    Time until_{};
};

} // namespace mfad::domain
