#include "navixy_parameters.hpp"

#include "mfad/http/media_type.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

namespace mfad::dialects {

namespace json = boost::json;
using domain::Refusal;
using domain::Result;
using Code = Refusal::Code;

struct NavixyParameters::Parts {
    json::object body;
    http::Form form;
    http::Form query;

    std::optional<std::string_view> field(std::string_view name) const {
        const auto value = form.find(name);
        return value ? value : query.find(name);
    }
};

namespace {

Refusal wrong_format() {
    return domain::refuse(Code::malformed);
}

Result<json::value> parse_text(std::string_view text) {
    json::parse_options options;
    options.max_depth = 16;
    boost::system::error_code error;
    json::value value = json::parse(text, error, {}, options);
    if (error) return wrong_format();
    return value;
}

} // namespace

NavixyParameters::NavixyParameters(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
NavixyParameters::NavixyParameters(NavixyParameters&&) noexcept = default;
NavixyParameters& NavixyParameters::operator=(NavixyParameters&&) noexcept = default;
NavixyParameters::~NavixyParameters() = default;

Result<NavixyParameters> NavixyParameters::read(const http::Request& request) {
    auto parts = std::make_unique<Parts>();
    auto query = http::Form::parse(request.query);
    if (!query) return wrong_format();
    parts->query = std::move(*query);
    if (!request.body.empty()) {
        const std::string_view type = request.header("Content-Type").value_or("");
        if (http::names_media_type(type, "application/json")) {
            Result<json::object> body = service::parse_json_object(request.body);
            if (!body) return body.error();
            parts->body = std::move(*body);
        } else if (http::names_media_type(type, "application/x-www-form-urlencoded")) {
            auto form = http::Form::parse(request.body);
            if (!form) return wrong_format();
            parts->form = std::move(*form);
        } else {
            return domain::refuse(Code::wrong_media);
        }
    }
    return NavixyParameters(std::move(parts));
}

Result<std::optional<std::string>> NavixyParameters::text(std::string_view name) const {
    if (const json::value* value = parts_->body.if_contains(name)) {
        const json::string* text = value->if_string();
        if (text == nullptr)
            return domain::refuse(Code::wrong_type, std::string(name), "must be a string");
        return std::optional<std::string>(std::string(text->data(), text->size()));
    }
    if (const auto field = parts_->field(name)) return std::optional<std::string>(*field);
    return std::optional<std::string>();
}

Result<json::object> NavixyParameters::object(std::string_view name) const {
    json::value value;
    if (const json::value* member = parts_->body.if_contains(name)) {
        value = *member;
    } else if (const auto field = parts_->field(name)) {
        Result<json::value> parsed = parse_text(*field);
        if (!parsed) return parsed.error();
        value = std::move(*parsed);
    } else {
        return domain::refuse(Code::missing, std::string(name), "is required");
    }
    if (!value.is_object())
        return domain::refuse(Code::wrong_type, std::string(name), "must be an object");
    return std::move(value.as_object());
}

} // namespace mfad::dialects
