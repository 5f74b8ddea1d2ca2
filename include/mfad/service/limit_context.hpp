#pragma once

#include "mfad/service/denials.hpp"
#include "mfad/service/limit_metrics.hpp"

namespace mfad::service {

/// What the limits of one thread share.
struct LimitContext {
    explicit LimitContext(platform::Metrics& all) : metrics(all) {}

    Denials denials{};
    LimitMetrics metrics;
};

} // namespace mfad::service
