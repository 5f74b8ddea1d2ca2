#pragma once

#include "mfad/platform/metrics.hpp"

namespace mfad::platform {

/// Numbers about this process, read from the system when asked.
namespace process {
double resident_bytes();
double virtual_bytes();
double open_descriptors();
double descriptor_limit();
double cpu_seconds();
/// When the process was started, in seconds since 1970; does not change.
double start_time();
} // namespace process

/// Adds them under the names that all Prometheus clients use.
void watch_process(Metrics& metrics);

} // namespace mfad::platform
