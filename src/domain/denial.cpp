#include "mfad/domain/denial.hpp"

#include <algorithm>
#include <utility>

namespace mfad::domain {
namespace {

using std::chrono::microseconds;

/// A verdict as it would be some time later, when nothing has been taken in between.
RateVerdict later(RateVerdict verdict, microseconds passed) {
    verdict.reset -= std::min(verdict.reset, passed);
    if (verdict.allowed) return verdict;
    verdict.retry_after -= std::min(verdict.retry_after, passed);
    verdict.allowed = verdict.retry_after.count() == 0;
    if (verdict.allowed) verdict.remaining = std::max(verdict.remaining, 1U);
    return verdict;
}

} // namespace

Denial::Denial(std::vector<RateVerdict> verdicts, Time asked, Time heard)
    : verdicts_(std::move(verdicts)), since_(heard), until_(asked) {
    for (const RateVerdict& verdict : verdicts_)
        if (!verdict.allowed)
            until_ = std::max(until_, asked + std::min<microseconds>(verdict.retry_after, longest));
}

std::optional<std::vector<RateVerdict>> Denial::verdicts(Time now) const {
    if (over(now)) return std::nullopt;
    const auto passed = std::chrono::duration_cast<microseconds>(std::max(now, since_) - since_);
    std::vector<RateVerdict> verdicts = verdicts_;
    for (RateVerdict& verdict : verdicts)
        verdict = later(verdict, passed);
    return verdicts;
}

} // namespace mfad::domain
