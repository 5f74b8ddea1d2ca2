#include "json_record.hpp"

#include "mfad/store/context.hpp"

#include <boost/json.hpp>

namespace mfad::store {

namespace json = boost::json;

struct JsonRecord::Parsed {
    json::object object;

    const json::value& at(std::string_view member) const {
        const json::value* value = object.if_contains(member);
        if (value == nullptr) throw Corrupt("record without " + std::string(member));
        return *value;
    }
};

JsonRecord::JsonRecord(std::string_view text, int version) : parsed_(std::make_unique<Parsed>()) {
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    if (error || !value.is_object()) throw Corrupt("record that is no JSON object");
    parsed_->object = std::move(value.as_object());
    const json::value& v = parsed_->at("v");
    if (!v.is_int64() || v.get_int64() != version) throw Corrupt("record of an unknown version");
}

JsonRecord::~JsonRecord() = default;

std::string JsonRecord::text(std::string_view member) const {
    const json::string* text = parsed_->at(member).if_string();
    if (text == nullptr) throw Corrupt("record whose " + std::string(member) + " is no text");
    return {text->data(), text->size()};
}

std::string JsonRecord::text_or_empty(std::string_view member) const {
    return parsed_->object.contains(member) ? text(member) : std::string();
}

std::optional<platform::UnixMillis> JsonRecord::time(std::string_view member) const {
    if (!parsed_->object.contains(member)) return std::nullopt;
    const json::value& value = parsed_->at(member);
    if (!value.is_int64()) throw Corrupt("record whose " + std::string(member) + " is no time");
    return platform::unix_millis(value.get_int64());
}

std::string JsonRecord::raw(std::string_view member) const {
    return json::serialize(parsed_->at(member));
}

domain::Permissions JsonRecord::permissions(std::string_view member) const {
    domain::Permissions permissions;
    const json::object* categories = parsed_->at(member).if_object();
    if (categories == nullptr) throw Corrupt("permissions that are no object");
    for (const auto& [category, operations] : *categories) {
        if (!operations.is_array()) throw Corrupt("permissions that are no lists");
        for (const json::value& operation : operations.get_array()) {
            if (!operation.is_string()) throw Corrupt("permissions that are no texts");
            if (const auto p = domain::permission(category, operation.get_string()))
                permissions.add(*p);
        }
    }
    return permissions;
}

} // namespace mfad::store
