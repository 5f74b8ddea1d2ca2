#include "mfad/worker/retry_policy.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace mfad::worker {
namespace {

using std::chrono::seconds;

constexpr std::array code_pauses{seconds{2}, seconds{8}, seconds{30}, seconds{90}, seconds{180}};
constexpr std::array mail_pauses{seconds{5},   seconds{30},   seconds{120},
                                 seconds{600}, seconds{1800}, seconds{3600}};

using std::chrono::milliseconds;

constexpr milliseconds shortest_wait{1'000};
constexpr milliseconds longest_wait{300'000};

} // namespace

std::optional<platform::UnixMillis> next_attempt(
    store::MailClass mail, unsigned attempts, platform::UnixMillis now,
    platform::UnixMillis not_after, double spread) {
    const std::span<const seconds> pauses =
        mail == store::MailClass::code ? std::span<const seconds>(code_pauses) : mail_pauses;
    const std::size_t step = std::min<std::size_t>(attempts, pauses.size()) - 1;
    const auto pause =
        std::chrono::duration<double, std::milli>(pauses[step]) * (0.75 + spread / 2);
    const auto due = now + std::chrono::round<std::chrono::milliseconds>(pause);
    if (due >= not_after) return std::nullopt;
    return due;
}

std::optional<platform::UnixMillis> next_look(
    milliseconds wait, milliseconds age, platform::UnixMillis now, platform::UnixMillis not_after,
    double spread) {
    const milliseconds left = not_after - now;
    if (wait >= left) return std::nullopt;
    const milliseconds patience = std::clamp(age / 4, shortest_wait, longest_wait);
    const auto later = std::chrono::round<milliseconds>(
        std::chrono::duration<double, std::milli>(patience) * (0.5 + spread));
    // However little is left, it looks again.
    return now + std::min(wait + later, std::max(wait, left / 2));
}

} // namespace mfad::worker
