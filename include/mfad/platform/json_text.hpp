#pragma once

#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace mfad::platform {

/// Appends `text` as a JSON string, quotes included. Control characters are escaped (RFC 8259
/// section 7), so that a value can break neither a document nor a log line; bytes that are not
/// UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// A member's name that is a literal: printable ASCII that stands for itself in a JSON string,
/// checked as the program is compiled.
class JsonName {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): a literal stands for the name
    consteval JsonName(const char* literal) : text_(literal) {
        for (const char c : text_)
            if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
                throw std::logic_error("a name that would have to be escaped");
    }
    constexpr std::string_view text() const { return text_; }

private:
    std::string_view text_;
};

/// A member's name that is known at run time only.
template <class T>
concept JsonNameText = !std::is_array_v<T> && std::convertible_to<const T&, std::string_view>;

/// Writes one JSON document into a string, front to back, with no tree in between.
///
/// The caller keeps objects and arrays balanced; members come in the order of the calls.
/// ```
/// JsonText j;
/// j.begin_object().member("success",
/// true).key("ids").begin_array().value(1).end_array().end_object();
/// ```
class JsonText {
public:
    JsonText() { out_.reserve(512); } // most answers; growing costs more than writing

    JsonText& begin_object() { return open('{'); }
    JsonText& end_object() { return close('}'); }
    JsonText& begin_array() { return open('['); }
    JsonText& end_array() { return close(']'); }
    JsonText& key(JsonName name);
    JsonText& key(const JsonNameText auto& name) { return escaped_key(name); }

    JsonText& value(std::string_view text);
    JsonText& value(const char* text) { return value(std::string_view(text)); }
    JsonText& value(const std::string& text) { return value(std::string_view(text)); }
    JsonText& value(bool flag) { return raw(flag ? "true" : "false"); }
    JsonText& value(std::integral auto number) { return raw(std::to_string(number)); }
    JsonText& null() { return raw("null"); }
    /// Appends a value that is JSON already.
    JsonText& raw(std::string_view json);

    JsonText& member(JsonName name, const auto& content) { return key(name).value(content); }
    JsonText& member(const JsonNameText auto& name, const auto& content) {
        return key(name).value(content);
    }

    const std::string& str() const& { return out_; }
    std::string str() && { return std::move(out_); }

private:
    JsonText& escaped_key(std::string_view name);
    JsonText& open(char bracket);
    JsonText& close(char bracket);
    void separate();

    std::string out_;
    bool first_ = true;
};

} // namespace mfad::platform
