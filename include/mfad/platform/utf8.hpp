#pragma once

#include <cstddef>
#include <string_view>

namespace mfad::platform {

/// The number of bytes (1..4) of the well-formed UTF-8 sequence that `text` starts with; 0 when
/// there is none (overlong forms, surrogates and values over U+10FFFF are not well-formed: RFC
/// 3629).
std::size_t utf8_sequence_length(std::string_view text);

/// Whether the whole of `text` is well-formed UTF-8.
bool is_utf8(std::string_view text);

} // namespace mfad::platform
