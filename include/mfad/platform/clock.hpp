#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::platform {

/// Milliseconds since 1970 in UTC: how times are stored and handed around.
using UnixMillis = std::chrono::sys_time<std::chrono::milliseconds>;

/// @param count milliseconds since 1970
constexpr UnixMillis unix_millis(std::int64_t count) {
    return UnixMillis{std::chrono::milliseconds{count}};
}

/// The machine's wall clock. Decisions over stored state use the store's clock instead (`TIME` in
/// the scripts).
UnixMillis wall_now();

/// RFC 3339 in UTC: `2026-11-22T05:03:00Z`, with milliseconds only where they are not zero.
std::string rfc3339(UnixMillis time);

/// The time of an RFC 3339 text with `Z` or a numeric offset and up to nine digits of fraction (cut
/// to milliseconds); nothing for anything else, leap seconds and years outside 1970..9999 included.
std::optional<UnixMillis> from_rfc3339(std::string_view text);

/// RFC 5322 date for mail headers: `Sun, 22 Nov 2026 05:03:00 +0000`.
std::string mail_date(UnixMillis time);

/// IMF-fixdate of HTTP (RFC 9110 section 5.6.7): `Sun, 22 Nov 2026 05:03:00 GMT`.
std::string http_date(UnixMillis time);

/// A duration in the notation of the configuration: a whole number and `ms`, `s`, `m`, `h` or `d`.
/// Nothing for any other text or one that overflows.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

} // namespace mfad::platform
