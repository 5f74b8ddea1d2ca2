#include "mfad/domain/quota_lease.hpp"

#include <algorithm>
#include <utility>

namespace mfad::domain {

std::optional<RateVerdict> QuotaLease::denied(Time now) const {
    if (denial_.over(now)) return std::nullopt;
    return denial_.verdicts(now)->front();
}

std::optional<RateVerdict> QuotaLease::spend(Time now) {
    count_one(now);
    if (left_ == 0 || now - since_ >= lifetime) return std::nullopt;
    --left_;
    RateVerdict verdict = verdict_;
    verdict.remaining += left_;
    const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now - since_);
    verdict.reset -= std::min(verdict.reset, passed);
    return verdict;
}

void QuotaLease::count_one(Time now) {
    const auto passed = now - window_;
    if (passed >= lifetime) {
        seen_before_ = passed < 2 * lifetime ? seen_ : 0;
        seen_ = 0;
        window_ = now;
    }
    ++seen_;
}

std::uint32_t QuotaLease::wish(Time now) {
    if (now - asking_ < lifetime) return 1;
    const std::uint32_t largest = std::min({policy_.limit / share, rest_ / 4, most});
    const std::uint32_t wished = std::min(std::max(seen_, seen_before_), largest);
    if (wished <= 1) return 1;
    asking_ = now;
    return wished;
}

RateVerdict QuotaLease::granted(
    std::uint32_t wished, std::uint32_t count, const RateVerdict& verdict, Time asked, Time now) {
    rest_ = verdict.remaining;
    if (!verdict.allowed) denial_ = Denial({verdict}, asked, now);
    if (wished == 1 || !verdict.allowed) return verdict;
    asking_ = {};
    verdict_ = verdict;
    since_ = now;
    left_ = count - 1;
    RateVerdict own = verdict;
    own.remaining += left_;
    return own;
}

} // namespace mfad::domain
