#include "mfad/http/media_type.hpp"

#include "mfad/http/ascii.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace mfad::http {
namespace {

std::string_view take_token(std::string_view& text) {
    std::size_t length = 0;
    while (length < text.size() && ascii::is_token_char(text[length]))
        ++length;
    const std::string_view token = text.substr(0, length);
    text.remove_prefix(length);
    return token;
}

/// The content of a quoted-string, its escapes undone; nothing when it does not end.
std::optional<std::string> take_quoted(std::string_view& text) {
    std::string content;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return content;
        }
        if (text[i] == '\\' && ++i == text.size()) break;
        content.push_back(text[i]);
    }
    return std::nullopt;
}

std::optional<std::string> take_value(std::string_view& text) {
    if (text.starts_with('"')) return take_quoted(text);
    const std::string_view token = take_token(text);
    if (token.empty()) return std::nullopt;
    return std::string(token);
}

/// Whether `text` is one well-formed parameter after its semicolon, or none at all, and no charset
/// but UTF-8. Takes it off the front.
bool take_parameter(std::string_view& text) {
    const std::string_view name = take_token(text);
    if (name.empty()) return true; // RFC 9110 allows an empty one: `text/plain;`
    if (!text.starts_with('=')) return false;
    text.remove_prefix(1);
    const std::optional<std::string> value = take_value(text);
    if (!value) return false;
    return !ascii::equal_ignoring_case(name, "charset") ||
           ascii::equal_ignoring_case(*value, "utf-8");
}

} // namespace

bool names_media_type(std::string_view content_type, std::string_view type) {
    content_type = ascii::trim(content_type);
    const std::string_view named = ascii::trim(content_type.substr(0, content_type.find(';')));
    if (!ascii::equal_ignoring_case(named, type)) return false;
    content_type.remove_prefix(std::min(content_type.size(), content_type.find(';')));
    while (!content_type.empty()) {
        if (content_type.front() != ';') return false;
        content_type = ascii::trim(content_type.substr(1));
        if (!take_parameter(content_type)) return false;
        content_type = ascii::trim(content_type);
    }
    return true;
}

} // namespace mfad::http
