#include "mfad/http/problem.hpp"

namespace mfad::http {

platform::JsonText begin_problem(
    unsigned status, std::string_view title, std::string_view detail, std::string_view request_id,
    std::string_view type) {
    platform::JsonText json;
    json.begin_object().member("type", type).member("title", title);
    json.member("status", status);
    if (!detail.empty()) json.member("detail", detail);
    if (!request_id.empty()) json.member("instance", "urn:request:" + std::string(request_id));
    return json;
}

std::string problem_json(
    unsigned status, std::string_view title, std::string_view detail, std::string_view request_id) {
    return std::move(begin_problem(status, title, detail, request_id).end_object()).str();
}

Response problem(
    unsigned status, std::string_view title, std::string_view detail, std::string_view request_id) {
    return {status, problem_type, problem_json(status, title, detail, request_id)};
}

} // namespace mfad::http
