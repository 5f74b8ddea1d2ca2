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
    const bool ebbs = batch_.over(now) ? next_.ebbs(now) : next_.over(now) && batch_.ebbs(now);
    if (ebbs && denial_.over(now) && !awaits(now) && next_batch(now) > 1) return std::nullopt;
    return spend_rest(now);
}

std::optional<RateVerdict> QuotaLease::spend_rest(Time now) {
    if (unspent(now) == 0) return std::nullopt;
    if (batch_.over(now)) batch_ = std::exchange(next_, {});
    --batch_.left;
    RateVerdict verdict = verdict_;
    verdict.remaining += unspent(now);
    const Time since = next_.left > 0 ? next_.since : batch_.since;
    const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now - since);
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

std::uint32_t QuotaLease::next_batch(Time now) const {
    const std::uint32_t largest = std::min(largest_batch(), rest_ / 4);
    const std::uint32_t left = unspent(now);
    return std::min(std::max(seen_, seen_before_), largest - std::min(largest, left));
}

std::uint32_t QuotaLease::wish(Time now) {
    const std::uint32_t wished = awaits(now) ? 0 : next_batch(now);
    if (wished <= 1) return 1;
    asking_ = now;
    return wished;
}

RateVerdict QuotaLease::granted(
    std::uint32_t wished, std::uint32_t count, const RateVerdict& verdict, Time asked, Time now) {
    rest_ = verdict.remaining;
    if (wished > 1) asking_ = {};
    if (!verdict.allowed) denial_ = Denial({verdict}, asked, now);
    if (wished == 1 || !verdict.allowed) return verdict;
    verdict_ = verdict;
    if (batch_.over(now)) batch_ = std::exchange(next_, {});
    // An answer that came after the next one was asked for may bring more than a thread may have.
    const std::uint32_t room = largest_batch() - std::min(largest_batch(), unspent(now));
    const std::uint32_t kept = std::min(count - 1, room);
    if (batch_.over(now))
        batch_ = {now, kept, kept};
    else if (next_.over(now))
        next_ = {now, kept, kept};
    RateVerdict own = verdict;
    own.remaining += unspent(now);
    return own;
}

std::uint32_t QuotaLease::unspent(Time then) const {
    return (batch_.over(then) ? 0 : batch_.left) + (next_.over(then) ? 0 : next_.left);
}

} // namespace mfad::domain
