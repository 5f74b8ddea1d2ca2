#include "header_text.hpp"

#include "mfad/platform/encoding.hpp"
#include "mfad/platform/utf8.hpp"

#include <algorithm>
#include <stdexcept>

namespace mfad::mail {
namespace {

constexpr std::size_t line_length =
    76; // RFC 2047 section 2: no more in a line with an encoded word
constexpr std::size_t longest_line = 998;
constexpr std::size_t longest_name = 64; // code points
constexpr std::string_view word_start = "=?UTF-8?B?";
constexpr std::string_view word_end = "?=";
constexpr std::string_view fold = "\r\n ";

/// The code point of a well-formed sequence.
char32_t code_point(std::string_view sequence) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
    if (sequence.size() == 1) return byte(0);
    char32_t value = byte(0) & (0xFFU >> (sequence.size() + 1));
    for (std::size_t i = 1; i < sequence.size(); ++i)
        value = value << 6 | (byte(i) & 0x3FU);
    return value;
}

/// White space, C0 and C1 controls, line and paragraph separators, and the characters that turn the
/// direction of what is shown (Unicode property Bidi_Control): a name must not rearrange the header
/// around it.
bool becomes_space(char32_t c) {
    return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0x61C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/// Whether the text has to be encoded: non-ASCII, a word that leaves no place to fold, or one that
/// a reader would take for an encoded word.
bool needs_encoding(std::string_view text) {
    std::size_t word = 0;
    for (const char c : text) {
        word = c == ' ' ? 0 : word + 1;
        if (static_cast<unsigned char>(c) >= 0x80 || word > line_length - 16) return true;
    }
    return text.find("=?") != std::string_view::npos;
}

/// The bytes of `text` that fit into `room` and end with a whole character: readers decode each
/// word by itself.
std::string_view head_of(std::string_view text, std::size_t room) {
    std::size_t size = 0;
    while (size < text.size()) {
        const std::size_t length =
            std::max<std::size_t>(platform::utf8_sequence_length(text.substr(size)), 1);
        if (size + length > room) break;
        size += length;
    }
    return text.substr(0, size);
}

/// @param column characters on the line already
void append_encoded(std::string& out, std::string_view text, std::size_t column) {
    for (;;) {
        const std::size_t room = line_length - column - word_start.size() - word_end.size();
        const std::string_view head = head_of(text, room / 4 * 3);
        out.append(word_start).append(platform::base64(head)).append(word_end);
        text.remove_prefix(head.size());
        if (text.empty()) return;
        out.append(fold);
        column = 1;
    }
}

void append_folded(std::string& out, std::string_view text, std::size_t column) {
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        if (column + 1 + word.size() > line_length) {
            out.append("\r\n");
            column = 0;
        }
        out.push_back(' ');
        out.append(word);
        column += 1 + word.size();
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
}

void append_quoted(std::string& out, std::string_view text) {
    out.push_back('"');
    for (const char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    out.push_back('"');
}

} // namespace

std::string one_line(std::string_view text, std::size_t longest) {
    std::string out;
    bool space = false;
    for (std::size_t count = 0; !text.empty() && count < longest;) {
        const std::size_t length = platform::utf8_sequence_length(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
        text.remove_prefix(character.size());
        if (length == 0 || becomes_space(code_point(character))) {
            space = !out.empty();
            continue;
        }
        if (space && ++count == longest) break;
        if (space) out.push_back(' ');
        ++count;
        space = false;
        out.append(character);
    }
    return out;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    const bool printable =
        std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (!printable || name.size() + 2 + value.size() > longest_line)
        throw std::invalid_argument("a mail header cannot hold this value: " + std::string(name));
    out.append(name).append(": ").append(value).append("\r\n");
}

void append_text_field(std::string& out, std::string_view name, std::string_view text) {
    const std::string value = one_line(text, std::string_view::npos);
    out.append(name).push_back(':');
    if (needs_encoding(value)) {
        out.push_back(' ');
        append_encoded(out, value, name.size() + 2);
    } else {
        append_folded(out, value, name.size() + 1);
    }
    out.append("\r\n");
}

void append_mailbox_field(std::string& out, std::string_view name, const Mailbox& mailbox) {
    const std::string shown = one_line(mailbox.name, longest_name);
    if (shown.empty()) return append_field(out, name, mailbox.address);
    out.append(name).append(": ");
    if (needs_encoding(shown))
        append_encoded(out, shown, name.size() + 2);
    else
        append_quoted(out, shown);
    out.append(fold).append("<").append(mailbox.address).append(">\r\n");
}

} // namespace mfad::mail
