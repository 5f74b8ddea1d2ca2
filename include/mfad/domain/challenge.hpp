#pragma once

#include "mfad/platform/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace mfad::domain {

/// How it stands with a challenge, or what became of an attempt to pass it
/// (`scripts/lib/challenge.lua`). Only `wrong` counts against anything.
enum class ChallengeState : std::uint8_t {
    open = 0, ///< of an attempt: it passed, or may go on
    unknown = 1,
    expired = 2,
    used = 3,        ///< it was passed before
    exhausted = 4,   ///< too many wrong tries
    not_offered = 5, ///< the challenge does not take this factor, or it was removed meanwhile
    disabled = 6,    ///< the factor has failed too often in a row
    waiting = 7,     ///< the next try has to wait
    busy = 8,        ///< another attempt with this factor is in flight
    wrong = 9,
    spent = 10,       ///< right, and used before
    over_budget = 11, ///< no further code may be mailed yet
    no_address = 12,
    to_compare = 20, ///< the user has codes from elsewhere, which the server has to compare
    not_a_code = 21, ///< it cannot be a code of the user's
};

/// Consecutive failures of a user with one type of factor: over all challenges, with no window,
/// ended by a success alone (NIST SP 800-63B-4, 3.2.2). After the fifth the next try has to wait,
/// longer each time; the tenth disables the factor until it is bound anew or reset.
/// `scripts/lib/budget.lua` does the same.
struct AttemptBudget {
    static constexpr unsigned most = 10;

    unsigned failures = 0;
    platform::UnixMillis last{}; ///< the last failure

    bool is_disabled() const { return failures >= most; }

    /// How long the next try has to wait; 0: not at all. Of a disabled factor it says nothing.
    std::chrono::milliseconds wait(platform::UnixMillis now) const;
};

} // namespace mfad::domain
