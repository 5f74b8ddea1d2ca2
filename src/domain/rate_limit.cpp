#include "mfad/domain/rate_limit.hpp"

#include <algorithm>
#include <cmath>

namespace mfad::domain {

GcraStep gcra(
    std::int64_t now, std::optional<std::int64_t> stored, const RatePolicy& policy,
    std::uint32_t cost) {
    // In doubles, as Lua calculates: the two must agree to the last microsecond.
    const auto at = static_cast<double>(now);
    const auto period = static_cast<double>(policy.period.count());
    const double interval = period / policy.limit;
    // A clock that stepped back, or a policy that shrank, costs one period at most.
    const double arrival = std::clamp(static_cast<double>(stored.value_or(now)), at, at + period);
    const double next = arrival + interval * cost;
    const auto micros = [](double value) {
        return std::chrono::microseconds{static_cast<std::int64_t>(std::ceil(value))};
    };
    const auto left = [&](double taken) {
        return static_cast<std::uint32_t>(std::floor((at + period - taken) / interval));
    };
    if (next - period <= at)
        return {
            {true, left(next), {}, micros(next - at)},
            static_cast<std::int64_t>(std::floor(next + 0.5))};
    return {
        {false, left(arrival), micros(next - period - at), micros(arrival - at)},
        static_cast<std::int64_t>(arrival)};
}

} // namespace mfad::domain
