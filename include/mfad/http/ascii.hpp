#pragma once

#include <algorithm>
#include <array>
#include <string_view>

/// ASCII without a locale: HTTP's notion of letters, blanks and tokens.
namespace mfad::http::ascii {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

/// The value of a hexadecimal digit; -1 for anything else.
constexpr int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    const char letter = lower(c);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// A byte that must not stand in a header value (RFC 9110 section 5.5; horizontal tab is one too:
/// nobody needs it).
constexpr bool is_control(char c) {
    return (static_cast<unsigned char>(c) < 0x20) | (c == 0x7f); // without a branch
}

/// Printable ASCII, the blank excluded.
constexpr bool is_visible(char c) {
    return c > 0x20 && c < 0x7f;
}

/// RFC 9110 section 5.6.2.
inline constexpr std::array<bool, 256> token_chars = [] {
    std::array<bool, 256> chars{};
    for (int c = 0; c < 128; ++c) {
        const char letter = static_cast<char>(c);
        chars[static_cast<unsigned>(c)] =
            is_letter(letter) || is_digit(letter) ||
            std::string_view("!#$%&'*+-.^_`|~").find(letter) != std::string_view::npos;
    }
    return chars;
}();

constexpr bool is_token_char(char c) {
    return token_chars[static_cast<unsigned char>(c)];
}

constexpr bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    // From the end, where names of one length differ sooner.
    return std::equal(a.rbegin(), a.rend(), b.rbegin(), [](char x, char y) {
        return x == y || lower(x) == lower(y);
    });
}

/// `text` without blanks and tabs at either end.
constexpr std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

} // namespace mfad::http::ascii
