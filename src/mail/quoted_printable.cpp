#include "quoted_printable.hpp"

namespace mfad::mail {
namespace {

constexpr std::size_t line_length = 76;
constexpr std::string_view hex_digits = "0123456789ABCDEF";

bool is_literal(char c, bool last) {
    if (c == ' ' || c == '\t') return !last; // at a line's end it would be taken off on the way
    return c > ' ' && c <= '~' && c != '=';
}

void append_line(std::string& out, std::string_view line) {
    std::size_t column = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool last = i + 1 == line.size();
        const bool literal = is_literal(line[i], last);
        const std::size_t width = literal ? 1 : 3;
        if (column + width > line_length - (last ? 0 : 1)) {
            out.append("=\r\n");
            column = 0;
        }
        if (literal) {
            out.push_back(line[i]);
        } else {
            const auto byte = static_cast<unsigned char>(line[i]);
            out.push_back('=');
            out.push_back(hex_digits[byte >> 4]);
            out.push_back(hex_digits[byte & 15]);
        }
        column += width;
    }
    out.append("\r\n");
}

} // namespace

void append_quoted_printable(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = text.find_first_of("\r\n");
        append_line(out, text.substr(0, end));
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
    }
}

} // namespace mfad::mail
