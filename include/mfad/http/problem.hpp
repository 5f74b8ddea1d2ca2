#pragma once

#include "mfad/http/message.hpp"

#include <string>
#include <string_view>

namespace mfad::http {

/// The members of an RFC 9457 problem as JSON: `type` about:blank, `title`, `status`, `detail`
/// unless empty, and the id of the request as `instance` unless empty.
std::string problem_json(
    unsigned status, std::string_view title, std::string_view detail, std::string_view request_id);

/// A problem as an `application/problem+json` answer.
Response problem(
    unsigned status, std::string_view title, std::string_view detail, std::string_view request_id);

} // namespace mfad::http
