#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace mfad::service {

namespace json = boost::json;
using Code = domain::Refusal::Code;

namespace {

constexpr std::size_t max_depth = 16;

} // namespace

domain::Result<json::object> parse_json_object(std::string_view text) {
    json::parse_options options;
    options.max_depth = max_depth;
    boost::system::error_code error;
    json::value value = json::parse(text, error, {}, options);
    if (error) return domain::refuse(Code::malformed, {}, "not valid JSON");
    if (!value.is_object()) return domain::refuse(Code::malformed, {}, "not a JSON object");
    return std::move(value.as_object());
}

const json::value* FieldReader::find(std::string_view name) const {
    return object_.if_contains(name);
}

bool FieldReader::has(std::string_view name) const {
    return find(name) != nullptr;
}

bool FieldReader::is_null(std::string_view name) const {
    const json::value* value = find(name);
    return value != nullptr && value->is_null();
}

std::string FieldReader::path(std::string_view name) const {
    std::string path = path_;
    if (!path.empty() && !name.empty()) path += '.';
    path += name;
    return path;
}

void FieldReader::fail(Code code, std::string_view name, std::string why) {
    if (!fault_) fault_ = domain::refuse(code, path(name), std::move(why));
}

void FieldReader::invalid(std::string_view name, std::string why) {
    fail(Code::invalid, name, std::move(why));
}

void FieldReader::missing(std::string_view name) {
    fail(Code::missing, name, "is required");
}

void FieldReader::adopt(const std::optional<domain::Refusal>& fault) {
    if (!fault_) fault_ = fault;
}

std::string_view FieldReader::text(std::string_view name) {
    if (!has(name)) missing(name);
    return maybe_text(name).value_or("");
}

std::optional<std::string_view> FieldReader::maybe_text(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (const json::string* text = value->if_string())
        return std::string_view(text->data(), text->size());
    fail(Code::wrong_type, name, "must be a string");
    return std::nullopt;
}

std::optional<bool> FieldReader::maybe_flag(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (const bool* flag = value->if_bool()) return *flag;
    fail(Code::wrong_type, name, "must be true or false");
    return std::nullopt;
}

std::optional<std::int64_t> FieldReader::maybe_integer(
    std::string_view name, std::int64_t min, std::int64_t max) {
    const json::value* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_int64() && !value->is_uint64()) {
        fail(Code::wrong_type, name, "must be a whole number");
        return std::nullopt;
    }
    if (!value->is_int64() || value->get_int64() < min || value->get_int64() > max) {
        invalid(name, "must be between " + std::to_string(min) + " and " + std::to_string(max));
        return std::nullopt;
    }
    return value->get_int64();
}

const json::object* FieldReader::maybe_object(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return nullptr;
    if (const json::object* object = value->if_object()) return object;
    fail(Code::wrong_type, name, "must be an object");
    return nullptr;
}

const json::array* FieldReader::maybe_array(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return nullptr;
    if (const json::array* array = value->if_array()) return array;
    fail(Code::wrong_type, name, "must be an array");
    return nullptr;
}

void FieldReader::refuse_others(std::span<const std::string_view> known) {
    for (const auto& member : object_) {
        const std::string_view name(member.key().data(), member.key().size());
        if (std::ranges::find(known, name) == known.end()) invalid(name, "is not a known member");
    }
}

} // namespace mfad::service
