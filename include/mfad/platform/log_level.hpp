#pragma once

#include <cstdint>

namespace mfad::platform::log {

/// How much a line matters. `error` means that someone has to look.
enum class Level : std::uint8_t { debug, info, warn, error };

} // namespace mfad::platform::log
