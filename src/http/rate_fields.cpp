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

/// `;key=number`, some of them, put together before they are appended.
class Parameters {
public:
    Parameters& add(char key, std::uint64_t number) {
        constexpr std::uint64_t largest_integer = 999'999'999'999'999; // RFC 9651 section 3.3.1
        *end_++ = ';';
        *end_++ = key;
        *end_++ = '=';
        end_ = std::to_chars(end_, &text_.back(), std::min(number, largest_integer)).ptr;
        return *this;
    }
    std::string_view text() const { return {text_.data(), end_}; }

private:
    std::array<char, 40> text_; // two of them
    char* end_ = text_.data();
};

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
        const std::size_t name = fields.limit.size();
        append_string(fields.limit, state.policy);
        fields.policy.append(fields.limit, name);
        Parameters left;
        left.add('r', state.remaining).add('t', whole_seconds(state.reset));
        fields.limit.append(left.text());
        Parameters policy;
        policy.add('q', state.quota);
        if (state.window.count() > 0) policy.add('w', whole_seconds(state.window));
        fields.policy.append(policy.text());
    }
    return fields;
}

} // namespace mfad::http
