#pragma once

#include "mfad/http/message.hpp"
#include "mfad/platform/json_text.hpp"

#include <string>
#include <string_view>

namespace mfad::http {

/// The members of an RFC 9457 problem as JSON: `type` about:blank, `title`, `status`, `detail`
/// unless empty, and the id of the request as `instance` unless empty.
std::string problem_json(
    unsigned status, std::string_view title, std::string_view detail, std::string_view request_id);

/// Begins a problem with these members; the caller adds its own and ends the object.
platform::JsonText begin_problem(
    unsigned status, std::string_view title, std::string_view detail, std::string_view request_id);

inline constexpr std::string_view problem_type = "application/problem+json; charset=utf-8";

/// A problem as an `application/problem+json` answer.
Response problem(
    unsigned status, std::string_view title, std::string_view detail, std::string_view request_id);

} // namespace mfad::http
