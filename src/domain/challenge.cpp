#include "mfad/domain/challenge.hpp"

#include <algorithm>
#include <array>

namespace mfad::domain {
namespace {

constexpr unsigned free_failures = 5;
constexpr std::array<std::chrono::milliseconds, 5> waits{
    std::chrono::seconds(30), std::chrono::minutes(2), std::chrono::minutes(10),
    std::chrono::minutes(30), std::chrono::hours(1)};

} // namespace

std::chrono::milliseconds AttemptBudget::wait(platform::UnixMillis now) const {
    if (failures < free_failures || is_disabled()) return {};
    const auto left = last + waits.at(failures - free_failures) - now;
    return std::max(left, std::chrono::milliseconds{0});
}

} // namespace mfad::domain
