#pragma once

#include "serve_thread.hpp"

#include <memory>
#include <vector>

namespace mfad::app {

/// Makes the numbers that the threads keep visible to a scrape: connections, refused requests, the
/// store's health. The threads have to outlive the metrics' last scrape.
void watch_threads(
    platform::Metrics& metrics, const std::vector<std::unique_ptr<ServeThread>>& threads);

} // namespace mfad::app
