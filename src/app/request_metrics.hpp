#pragma once

#include "mfad/platform/metrics.hpp"

#include <chrono>
#include <map>
#include <string_view>
#include <vector>

namespace mfad::app {

class RouteTable;

/// Requests by dialect, route and status, and how long they took. One object a thread: the numbers
/// are shared, the way to them is not.
class RequestMetrics {
public:
    RequestMetrics(platform::Metrics& metrics, const RouteTable& routes);

    /// @param route the id of the route, or -1 when there was none
    /// @param dialect of the path's owner
    void count(
        int route, std::string_view dialect, unsigned status, std::chrono::nanoseconds duration);

private:
    struct Series {
        std::string_view dialect;
        std::string_view pattern;
        platform::Histogram* duration = nullptr;
        /// By status, filled in as statuses occur; few of each route ever do.
        std::map<unsigned, platform::Counter*> by_status;
    };

    platform::Counter& counter(Series& series, unsigned status);
    platform::Histogram& duration(std::string_view dialect);

    platform::Metrics& metrics_;
    std::vector<Series> routes_;
    std::map<std::string, Series, std::less<>> unrouted_;
};

} // namespace mfad::app
