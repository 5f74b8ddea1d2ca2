#include "mfad/platform/units.hpp"

#include "mfad/platform/clock.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mfad::platform {
namespace {

using std::chrono::milliseconds;

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::array size_units{
    Unit{"GiB", 1U << 30}, Unit{"MiB", 1U << 20}, Unit{"KiB", 1U << 10}, Unit{"B", 1}};
constexpr std::array duration_units{
    Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000}, Unit{"ms", 1}};
constexpr std::uint64_t day = 86'400'000;

/// Takes a decimal number without sign off the front of `text`.
template <class Number>
std::optional<Number> take_number(std::string_view& text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

template <std::size_t N>
std::string in_largest(std::uint64_t count, const std::array<Unit, N>& units) {
    for (const Unit& unit : units)
        if (count >= unit.factor && count % unit.factor == 0)
            return std::to_string(count / unit.factor).append(unit.name);
    return "0" + std::string(units.back().name);
}

/// A name or an address in its usual characters; whether it exists is for the resolver to say.
bool is_host(std::string_view host, std::string_view also) {
    const auto fits = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               also.find(c) != std::string_view::npos;
    };
    return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), fits);
}

} // namespace

std::optional<Bytes> parse_bytes(std::string_view text) {
    const auto count = take_number<std::uint64_t>(text);
    if (!count) return std::nullopt;
    for (const Unit& unit : size_units)
        if (text == unit.name && *count <= SIZE_MAX / unit.factor)
            return Bytes{static_cast<std::size_t>(*count * unit.factor)};
    return std::nullopt;
}

std::optional<Rate> parse_rate(std::string_view text) {
    const auto limit = take_number<std::uint32_t>(text);
    if (!limit || !text.starts_with('/')) return std::nullopt;
    const auto period = parse_duration(text.substr(1));
    if (*limit == 0 || !period || *period < milliseconds{*limit}) return std::nullopt;
    return Rate{*limit, *period};
}

std::optional<Rate> parse_limit(std::string_view text) {
    const auto rate = parse_rate(text);
    if (!rate || rate->period < std::chrono::seconds(1) || rate->period > std::chrono::hours(24))
        return std::nullopt;
    return rate;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    std::string_view digits = text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto port = take_number<std::uint16_t>(digits);
    if (!port || !digits.empty() || !is_host(host, bracketed ? ":." : ".-")) return std::nullopt;
    return Endpoint{std::string(host), *port};
}

std::string to_text(milliseconds duration) {
    const auto count = static_cast<std::uint64_t>(duration.count());
    if (count >= 2 * day && count % day == 0) return std::to_string(count / day) + "d";
    return count == 0 ? "0s" : in_largest(count, duration_units);
}

std::string to_text(Bytes size) {
    return in_largest(size.count, size_units);
}

std::string to_text(const Rate& rate) {
    return std::to_string(rate.limit) + "/" + to_text(rate.period);
}

std::string to_text(const Endpoint& endpoint) {
    const bool v6 = endpoint.host.find(':') != std::string::npos;
    return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

} // namespace mfad::platform
