#pragma once

#include <string>
#include <string_view>

namespace mfad::http {

enum class Plus { literal, space };

/// Appends `text` with its percent escapes decoded, once. False when an escape is not `%` and two
/// hexadecimal digits; what was appended until then stays.
[[nodiscard]] bool append_percent_decoded(std::string& out, std::string_view text, Plus plus);

} // namespace mfad::http
