#include "mfad/platform/clock.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace mfad::platform {
namespace {

using std::chrono::milliseconds;

constexpr std::array day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Calendar {
    std::chrono::year_month_day date;
    unsigned weekday;
    std::chrono::hh_mm_ss<milliseconds> time;
};

Calendar calendar(UnixMillis time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    return {day, std::chrono::weekday{day}.c_encoding(), std::chrono::hh_mm_ss{time - day}};
}

template <class... Args>
std::string print(const char* format, Args... args) {
    std::array<char, 64> out{};
    const int length = std::snprintf(out.data(), out.size(), format, args...);
    return {out.data(), static_cast<std::size_t>(length)};
}

std::string imf_date(UnixMillis time, const char* zone) {
    const Calendar c = calendar(time);
    return print(
        "%s, %02u %s %04d %02ld:%02ld:%02ld %s", day_names[c.weekday],
        static_cast<unsigned>(c.date.day()), month_names[static_cast<unsigned>(c.date.month()) - 1],
        static_cast<int>(c.date.year()), static_cast<long>(c.time.hours().count()),
        static_cast<long>(c.time.minutes().count()), static_cast<long>(c.time.seconds().count()),
        zone);
}

/// Takes exactly `digits` digits off the front of `text`; -1 when they are not there.
int take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return -1;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

/// The fraction of a second after the point, in milliseconds; -1 when there are no or too many
/// digits.
int take_fraction(std::string_view& text) {
    int millis = 0;
    int scale = 100;
    std::size_t digits = 0;
    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
        millis += (text[digits] - '0') * scale;
        scale /= 10;
    }
    if (digits == 0 || digits > 9) return -1;
    text.remove_prefix(digits);
    return millis;
}

/// The offset from UTC at the end of a time, in minutes.
std::optional<int> take_offset(std::string_view& text) {
    if (take(text, "Zz")) return 0;
    const int sign = text.starts_with('-') ? -1 : 1;
    if (!take(text, "+-")) return std::nullopt;
    const int hours = take_number(text, 2);
    if (hours < 0 || hours > 23 || !take(text, ":")) return std::nullopt;
    const int minutes = take_number(text, 2);
    if (minutes < 0 || minutes > 59) return std::nullopt;
    return sign * (hours * 60 + minutes);
}

} // namespace

UnixMillis wall_now() {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

std::string rfc3339(UnixMillis time) {
    const Calendar c = calendar(time);
    std::string text = print(
        "%04d-%02u-%02uT%02ld:%02ld:%02ld", static_cast<int>(c.date.year()),
        static_cast<unsigned>(c.date.month()), static_cast<unsigned>(c.date.day()),
        static_cast<long>(c.time.hours().count()), static_cast<long>(c.time.minutes().count()),
        static_cast<long>(c.time.seconds().count()));
    if (const auto millis = c.time.subseconds().count(); millis != 0)
        text += print(".%03ld", static_cast<long>(millis));
    return text + 'Z';
}

std::optional<UnixMillis> from_rfc3339(std::string_view text) {
    const int year = take_number(text, 4);
    if (year < 1970 || !take(text, "-")) return std::nullopt;
    const int month = take_number(text, 2);
    if (!take(text, "-")) return std::nullopt;
    const int day = take_number(text, 2);
    if (month < 0 || day < 0 || !take(text, "Tt")) return std::nullopt;
    const int hour = take_number(text, 2);
    if (hour < 0 || hour > 23 || !take(text, ":")) return std::nullopt;
    const int minute = take_number(text, 2);
    if (minute < 0 || minute > 59 || !take(text, ":")) return std::nullopt;
    const int second = take_number(text, 2);
    if (second < 0 || second > 59) return std::nullopt;
    const int millis = take(text, ".") ? take_fraction(text) : 0;
    const std::optional<int> offset = take_offset(text);
    const std::chrono::year_month_day date{
        std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
        std::chrono::day{static_cast<unsigned>(day)}};
    if (millis < 0 || !offset || !text.empty() || !date.ok()) return std::nullopt;
    const UnixMillis time = std::chrono::sys_days{date} + std::chrono::hours{hour} +
                            std::chrono::minutes{minute - *offset} + std::chrono::seconds{second} +
                            milliseconds{millis};
    if (time.time_since_epoch().count() < 0) return std::nullopt;
    return time;
}

std::string mail_date(UnixMillis time) {
    return imf_date(time, "+0000");
}

std::string http_date(UnixMillis time) {
    return imf_date(time, "GMT");
}

std::optional<milliseconds> parse_duration(std::string_view text) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || count < 0) return std::nullopt;
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    std::int64_t factor = 0;
    if (unit == "ms") factor = 1;
    if (unit == "s") factor = 1'000;
    if (unit == "m") factor = 60'000;
    if (unit == "h") factor = 3'600'000;
    if (unit == "d") factor = 86'400'000;
    if (factor == 0 || count > INT64_MAX / factor) return std::nullopt;
    return milliseconds{count * factor};
}

} // namespace mfad::platform
