#pragma once

#include <string_view>

namespace mfad::http {

/// Whether the value of a `Content-Type` field (RFC 9110 section 8.3) names `type`, a lower-case
/// `type/subtype`.
///
/// Parameters are allowed and, but for one, ignored: a `charset` has to be UTF-8, since nothing
/// else is read here. A value that is not well-formed names nothing.
bool names_media_type(std::string_view content_type, std::string_view type);

} // namespace mfad::http
