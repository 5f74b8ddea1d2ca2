#include "log_line.hpp"

#include "mfad/platform/json_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace mfad::platform::log {
namespace {

// A queue of such values has to fit in memory, whoever makes them up.
constexpr std::size_t text_limit = 2048;

constexpr std::array level_names{"debug", "info", "warn", "error"};

void append_number(std::string& out, auto number) {
    std::array<char, 32> digits{};
    const auto [end, _] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), end);
}

/// RFC 3339 with milliseconds always, so that lines sort as text. The calendar is done once a
/// second.
void append_time(std::string& out, UnixMillis time) {
    using Seconds = std::chrono::sys_seconds;
    thread_local Seconds last{};
    thread_local std::string last_text = "1970-01-01T00:00:00.";
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    if (second != last) {
        last_text = rfc3339(second);
        last_text.back() = '.';
        last = second;
    }
    const auto millis = static_cast<int>((time - second).count());
    out.append(last_text);
    for (const int place : {100, 10, 1})
        out.push_back(static_cast<char>('0' + millis / place % 10));
    out.push_back('Z');
}

void append_text(std::string& out, std::string_view text) {
    if (text.size() <= text_limit) return append_json_string(out, text);
    std::size_t end = text_limit; // not in the middle of a character
    while (end > text_limit - 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        --end;
    append_json_string(out, text.substr(0, end));
    out.pop_back();
    out.append("…\"");
}

struct AppendValue {
    std::string& out;

    void operator()(std::string_view text) const { append_text(out, text); }
    void operator()(bool flag) const { out.append(flag ? "true" : "false"); }
    void operator()(std::int64_t number) const { append_number(out, number); }
    void operator()(std::uint64_t number) const { append_number(out, number); }
    void operator()(double number) const {
        if (std::isfinite(number))
            append_number(out, number);
        else
            out.append("null");
    }
};

} // namespace

void append_line(
    std::string& out, UnixMillis time, Level level, std::string_view event,
    std::span<const Field> fields) {
    out.append("{\"ts\":\"");
    append_time(out, time);
    out.append("\",\"level\":\"").append(level_names[static_cast<std::size_t>(level)]);
    out.append("\",\"event\":");
    append_text(out, event);
    for (const Field& field : fields) {
        out.push_back(',');
        append_text(out, field.name());
        out.push_back(':');
        std::visit(AppendValue{out}, field.value());
    }
    out.push_back('}');
}

} // namespace mfad::platform::log
