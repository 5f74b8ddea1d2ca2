#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Quantities with a unit, and their texts in the configuration. (`parse_duration` is in
/// clock.hpp.)
namespace mfad::platform {

/// A number of bytes.
struct Bytes {
    std::size_t count = 0;

    friend auto operator<=>(const Bytes&, const Bytes&) = default;
};

constexpr Bytes kibibytes(std::size_t n) {
    return {n << 10};
}
constexpr Bytes mebibytes(std::size_t n) {
    return {n << 20};
}

/// A whole number and `B`, `KiB`, `MiB` or `GiB`; nothing for any other text or one that overflows.
std::optional<Bytes> parse_bytes(std::string_view text);

/// At most `limit` events in any `period`.
struct Rate {
    std::uint32_t limit = 1;
    std::chrono::milliseconds period{1000};

    friend bool operator==(const Rate&, const Rate&) = default;
};

/// `60/1m`: a whole number, a slash, a duration. Nothing for any other text, a limit or a period of
/// zero, or more than one event a millisecond (the limiters count in whole milliseconds).
std::optional<Rate> parse_rate(std::string_view text);

/// A rate that the limiters may be given, by the configuration or a tenant: over 1s to 24h.
std::optional<Rate> parse_limit(std::string_view text);

/// Where to listen: an address or a name, and a port. An IPv6 address has no brackets here.
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// `host:port` or `[v6 address]:port`; nothing for any other text. Port 0 stands for one that the
/// system chooses.
std::optional<Endpoint> parse_endpoint(std::string_view text);

/// The texts, in the largest unit that gives a whole number (days only from two on): `90s`,
/// `64KiB`, `60/1m`.
std::string to_text(std::chrono::milliseconds duration);
std::string to_text(Bytes size);
std::string to_text(const Rate& rate);
std::string to_text(const Endpoint& endpoint);

} // namespace mfad::platform
