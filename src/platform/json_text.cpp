#include "mfad/platform/json_text.hpp"

#include "mfad/platform/utf8.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace mfad::platform {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view hex_digits = "0123456789abcdef";

/// The bytes that stand for themselves in a JSON string.
constexpr std::array<bool, 256> plain_bytes = [] {
    std::array<bool, 256> plain{};
    for (unsigned c = 0x20; c < 0x7f; ++c)
        plain[c] = c != '"' && c != '\\';
    return plain;
}();

/// How many bytes from the start stand for themselves; looks at eight at a time.
std::size_t plain_prefix(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t tops = 0x80 * ones;
    // The top bit of each byte that is `value`; of the bytes before the first such one, none.
    const auto is = [](std::uint64_t word, std::uint64_t value) {
        const std::uint64_t zero = word ^ (value * ones);
        return (zero - ones) & ~zero;
    };
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + i, 8);
        const std::uint64_t below_blank = (word - 0x20 * ones) & ~word;
        const std::uint64_t special =
            word | below_blank | is(word, '"') | is(word, '\\') | is(word, 0x7f);
        if ((special & tops) != 0) break;
    }
    const char* at = text.data() + i;
    const char* const end = text.data() + text.size();
    while (at != end && plain_bytes[static_cast<unsigned char>(*at)])
        ++at;
    return static_cast<std::size_t>(at - text.data());
}

void append_escaped(std::string& out, unsigned char c) {
    switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
        out += "\\u00";
        out += hex_digits[c >> 4];
        out += hex_digits[c & 15];
    }
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    std::size_t plain = 0; // start of the stretch that is copied as it is
    for (std::size_t i = 0; (i += plain_prefix(text.substr(i))) < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        const std::size_t length = c < 0x80 ? 0 : utf8_sequence_length(text.substr(i));
        if (length > 0) {
            i += length;
            continue;
        }
        out.append(text.substr(plain, i - plain));
        if (c < 0x80)
            append_escaped(out, c);
        else
            out += replacement;
        plain = ++i;
    }
    out.append(text.substr(plain));
    out.push_back('"');
}

JsonText& JsonText::key(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_.push_back(':');
    first_ = true;
    return *this;
}

JsonText& JsonText::value(std::string_view text) {
    separate();
    append_json_string(out_, text);
    return *this;
}

JsonText& JsonText::raw(std::string_view json) {
    separate();
    out_.append(json);
    return *this;
}

JsonText& JsonText::open(char bracket) {
    separate();
    out_.push_back(bracket);
    first_ = true;
    return *this;
}

JsonText& JsonText::close(char bracket) {
    out_.push_back(bracket);
    first_ = false;
    return *this;
}

void JsonText::separate() {
    if (!first_) out_.push_back(',');
    first_ = false;
}

} // namespace mfad::platform
