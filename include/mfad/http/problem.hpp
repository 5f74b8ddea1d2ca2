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

/// Begins a problem with these members, and a `type` if it has one of its own; the caller adds more
/// and ends the object.
platform::JsonText begin_problem(
    unsigned status, std::string_view title, std::string_view detail, std::string_view request_id,
    std::string_view type = "about:blank");

/// Types of draft-ietf-httpapi-ratelimit-headers-10: of a 429 by a limit, with `violated-policies`,
/// and of a 503.
inline constexpr std::string_view quota_exceeded =
    "https://iana.org/assignments/http-problem-types#quota-exceeded";
inline constexpr std::string_view reduced_capacity =
    "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";

inline constexpr std::string_view problem_type = "application/problem+json; charset=utf-8";

/// A problem as an `application/problem+json` answer.
Response problem(
    unsigned status, std::string_view title, std::string_view detail, std::string_view request_id);

} // namespace mfad::http
