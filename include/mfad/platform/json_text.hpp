#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace mfad::platform {

/// Appends `text` as a JSON string, quotes included. Control characters are escaped (RFC 8259
/// section 7), so that a value can break neither a document nor a log line; bytes that are not
/// UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

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
    JsonText& key(std::string_view name);

    JsonText& value(std::string_view text);
    JsonText& value(const char* text) { return value(std::string_view(text)); }
    JsonText& value(const std::string& text) { return value(std::string_view(text)); }
    JsonText& value(bool flag) { return raw(flag ? "true" : "false"); }
    JsonText& value(std::integral auto number) { return raw(std::to_string(number)); }
    JsonText& null() { return raw("null"); }
    /// Appends a value that is JSON already.
    JsonText& raw(std::string_view json);

    template <class T>
    JsonText& member(std::string_view name, const T& content) {
        return key(name).value(content);
    }

    const std::string& str() const& { return out_; }
    std::string str() && { return std::move(out_); }

private:
    JsonText& open(char bracket);
    JsonText& close(char bracket);
    void separate();

    std::string out_;
    bool first_ = true;
};

} // namespace mfad::platform
