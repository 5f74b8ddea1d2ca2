#pragma once

#include "mfad/domain/denial.hpp"
#include "mfad/redis/bounded_map.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::service {

/// Whom limits have just refused, so that a flood of his is answered without the store: one
/// thread's, and bounded, however many there are. One who is pushed out is asked for anew.
class Denials {
public:
    using Time = domain::Denial::Time;
    static constexpr std::size_t most = 65'536; ///< at 200 bytes or so

    Denials() : denials_(most) {}

    /// @param policy  what refused; with `subject` it names the decision
    /// @param subject of whom it counts
    /// @return what the store would say now; nothing: it has to be asked
    std::optional<std::vector<domain::RateVerdict>> find(
        std::string_view policy, std::string_view subject, Time now);

    /// Keeps verdicts of which one denies.
    /// @param asked when they were asked for; `heard` the store has answered
    void keep(
        std::string_view policy, std::string_view subject,
        std::vector<domain::RateVerdict> verdicts, Time asked, Time heard);

    /// Forgets all of them, and those that were asked for before: limits have changed.
    void clear(Time now) {
        denials_.clear();
        cleared_ = now;
    }

private:
    const std::string& name(std::string_view policy, std::string_view subject);

    redis::BoundedMap<domain::Denial> denials_;
    Time cleared_{};
    std::string name_; // reused
};

} // namespace mfad::service
