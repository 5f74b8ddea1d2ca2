#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mfad::http {

/// Whether the value of a `Host` field is one host name or address with an optional port (RFC 9110
/// section 7.2): letters, digits, `-`, `_` and `.`, or an IPv6 address in brackets. A user part, a
/// list, an empty value are not.
bool is_host(std::string_view value);

/// Whether `value` is one of `allowed`, letters in any case. Ports are part of the comparison, as
/// written. Links never come from this field; the comparison is for what a foreign name must not
/// reach at all.
bool is_allowed_host(std::string_view value, std::span<const std::string> allowed);

} // namespace mfad::http
