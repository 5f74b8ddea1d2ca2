#pragma once

#include <cstddef>
#include <string_view>

namespace mfad::platform {

/// How many bytes from the start are printable ASCII (0x20..0x7e) other than `"` and `\`: what
/// stands for itself in a JSON string (RFC 8259 section 7), in a structured field's (RFC 9651
/// section 3.3.3), and in any field's value (RFC 9110 section 5.5). Looks at eight bytes at a time.
std::size_t plain_prefix(std::string_view text);

/// Whether there is an ASCII control character: a byte below 0x20, or 0x7f.
bool has_control(std::string_view text);

} // namespace mfad::platform
