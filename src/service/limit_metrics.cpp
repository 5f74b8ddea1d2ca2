#include "mfad/service/limit_metrics.hpp"

#include <algorithm>

namespace mfad::service {
namespace {

// In the order of LimitDecision.
constexpr std::array<std::string_view, 5> names{
    "allowed", "leased", "limited", "shed", "failed_open"};

} // namespace

LimitMetrics::Series& LimitMetrics::series(std::string_view policy) {
    const auto known = std::ranges::find(series_, policy, &Series::policy);
    if (known != series_.end()) return *known;
    Series& fresh = series_.emplace_back();
    fresh.policy = policy;
    for (std::size_t i = 0; i < names.size(); ++i)
        fresh.counters[i] = &metrics_.counter(
            "mfad_limit_requests_total", "Requests that a limit counts, by what it said.",
            {{"policy", fresh.policy}, {"decision", std::string(names[i])}});
    return fresh;
}

void LimitMetrics::count(std::string_view policy, LimitDecision decision) {
    series(policy).counters[static_cast<std::size_t>(decision)]->add();
}

} // namespace mfad::service
