#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/platform/log.hpp"

#include <span>
#include <string>

namespace mfad::platform::log {

/// Appends the JSON object of an event, without a newline; it contains none either.
void append_line(
    std::string& out, UnixMillis time, Level level, std::string_view event,
    std::span<const Field> fields);

} // namespace mfad::platform::log
