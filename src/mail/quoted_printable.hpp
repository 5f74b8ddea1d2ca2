#pragma once

#include <string>
#include <string_view>

namespace mfad::mail {

/// Appends `text` in quoted-printable (RFC 2045 section 6.7): lines of 76 characters at most, any
/// line end as CRLF, with one at the end.
void append_quoted_printable(std::string& out, std::string_view text);

} // namespace mfad::mail
