#include "mfad/http/rate_fields.hpp"

#include "mfad/platform/plain_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace mfad::http {
namespace {

/// RFC 9651 section 4.1.6.
void append_string(std::string& out, std::string_view text) {
    out.push_back('"');
    for (;;) {
        const std::size_t plain = platform::plain_prefix(text);
        out.append(text.substr(0, plain));
        if (plain == text.size()) break;
        const char c = text[plain];
        if (c != '"' && c != '\\') throw std::logic_error("policy name is not printable ASCII");
        out.push_back('\\');
        out.push_back(c);
        text.remove_prefix(plain + 1);
    }
    out.push_back('"');
}

void append_parameter(std::string& out, char key, std::uint64_t number) {
    constexpr std::uint64_t largest_integer = 999'999'999'999'999; // RFC 9651 section 3.3.1
    std::array<char, 20> text;
    text[0] = ';';
    text[1] = key;
    text[2] = '=';
    const auto end = std::to_chars(
        text.data() + 3, text.data() + text.size(), std::min(number, largest_integer));
    out.append(text.data(), end.ptr);
}

std::uint64_t whole_seconds(std::chrono::seconds time) {
    return static_cast<std::uint64_t>(std::max(time.count(), std::chrono::seconds::rep{0}));
}

} // namespace

RateFields rate_fields(std::span<const RateState> states) {
    RateFields fields;
    fields.limit.reserve(32 * states.size());
    fields.policy.reserve(32 * states.size());
    for (const RateState& state : states) {
        if (!fields.limit.empty()) {
            fields.limit.append(", ");
            fields.policy.append(", ");
        }
        append_string(fields.limit, state.policy);
        append_parameter(fields.limit, 'r', state.remaining);
        append_parameter(fields.limit, 't', whole_seconds(state.reset));
        append_string(fields.policy, state.policy);
        append_parameter(fields.policy, 'q', state.quota);
        if (state.window.count() > 0)
            append_parameter(fields.policy, 'w', whole_seconds(state.window));
    }
    return fields;
}

} // namespace mfad::http
