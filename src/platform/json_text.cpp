#include "mfad/platform/json_text.hpp"

#include "mfad/platform/plain_text.hpp"
#include "mfad/platform/utf8.hpp"

namespace mfad::platform {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view hex_digits = "0123456789abcdef";

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

JsonText& JsonText::key(JsonName name) {
    separate();
    out_.push_back('"');
    out_.append(name.text()).append("\":");
    first_ = true;
    return *this;
}

JsonText& JsonText::escaped_key(std::string_view name) {
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
