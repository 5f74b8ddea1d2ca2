#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/store/keys.hpp"

#include <chrono>
#include <optional>

namespace mfad::worker {

/// When a mail that could not be delivered is tried again. A code is wanted within minutes, so it
/// is tried quickly; a link or notice gives a busy or greylisting server time.
///
/// @param attempts how often it was tried, 1 or more
/// @param spread   0..1, drawn at random: moves the time by up to a quarter either way, so that
///   what failed together
///                 does not come back together
/// @return nothing when it would come too late
std::optional<platform::UnixMillis> next_attempt(
    store::MailClass mail, unsigned attempts, platform::UnixMillis now,
    platform::UnixMillis not_after, double spread);

/// When a mail that a limit has held back is tried again: once there is room for one, but not at
/// once, since all that wait do so; the longer it has waited, the more patient.
///
/// @param wait   until there is room for one
/// @param age    of the mail
/// @param spread 0..1, drawn at random
/// @return nothing when there will be no room before it is too late
std::optional<platform::UnixMillis> next_look(
    std::chrono::milliseconds wait, std::chrono::milliseconds age, platform::UnixMillis now,
    platform::UnixMillis not_after, double spread);

} // namespace mfad::worker
