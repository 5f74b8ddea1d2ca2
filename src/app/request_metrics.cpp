#include "request_metrics.hpp"

#include "front.hpp"

namespace mfad::app {
namespace {

constexpr std::string_view no_route = "none";

std::string_view owner(const RouteTable::Entry& entry) {
    return entry.dialect != nullptr ? to_string(entry.dialect->name()) : "pages";
}

} // namespace

RequestMetrics::RequestMetrics(platform::Metrics& metrics, const RouteTable& routes)
    : metrics_(metrics) {
    for (const RouteTable::Entry& entry : routes.entries())
        routes_.push_back({owner(entry), entry.pattern, &duration(owner(entry)), {}});
}

platform::Histogram& RequestMetrics::duration(std::string_view dialect) {
    return metrics_.histogram(
        "mfad_http_request_duration_seconds", "Time from the whole request to its answer.",
        platform::latency_bounds, {{"dialect", std::string(dialect)}});
}

platform::Counter& RequestMetrics::counter(Series& series, unsigned status) {
    platform::Counter*& counter = series.by_status[status];
    if (counter == nullptr)
        counter = &metrics_.counter(
            "mfad_http_requests_total", "Requests that were answered.",
            {{"dialect", std::string(series.dialect)},
             {"route", std::string(series.pattern)},
             {"status", std::to_string(status)}});
    return *counter;
}

void RequestMetrics::count(
    int route, std::string_view dialect, unsigned status, std::chrono::nanoseconds time) {
    Series* series = nullptr;
    if (route >= 0) {
        series = &routes_[static_cast<std::size_t>(route)];
    } else {
        const auto [at, is_new] = unrouted_.try_emplace(std::string(dialect));
        if (is_new) at->second = {at->first, no_route, &duration(dialect), {}};
        series = &at->second;
    }
    counter(*series, status).add();
    series->duration->observe(time);
}

} // namespace mfad::app
