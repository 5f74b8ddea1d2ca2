#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mfad::http {

/// What a limit that was counted says to the client.
struct RateState {
    std::string_view policy;       ///< its name: printable ASCII
    std::uint64_t quota = 0;       ///< requests in a window
    std::chrono::seconds window{}; ///< 0: not told
    std::uint64_t remaining = 0;   ///< requests that would pass now
    std::chrono::seconds reset{};  ///< until more are available
};

/// The values of the two fields.
struct RateFields {
    std::string limit;  ///< of `RateLimit`
    std::string policy; ///< of `RateLimit-Policy`
};

/// Writes `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10) as RFC 9651
/// lists, one member a policy, in the given order. Numbers over the format's fifteen digits are cut
/// to the largest, negative times to 0.
/// @throws std::logic_error when a policy's name is not printable ASCII
RateFields rate_fields(std::span<const RateState> states);

} // namespace mfad::http
