#include "mfad/http/problem.hpp"

#include "mfad/platform/json_text.hpp"

namespace mfad::http {

std::string problem_json(
    unsigned status, std::string_view title, std::string_view detail, std::string_view request_id) {
    platform::JsonText json;
    json.begin_object().member("type", "about:blank").member("title", title);
    json.member("status", status);
    if (!detail.empty()) json.member("detail", detail);
    if (!request_id.empty()) json.member("instance", "urn:request:" + std::string(request_id));
    return std::move(json.end_object()).str();
}

Response problem(
    unsigned status, std::string_view title, std::string_view detail, std::string_view request_id) {
    return {
        status, "application/problem+json; charset=utf-8",
        problem_json(status, title, detail, request_id)};
}

} // namespace mfad::http
