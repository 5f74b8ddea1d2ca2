#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mfad::domain {

/// A code of `length` (6..8) decimal digits from the system's CSPRNG, each with the same chance,
/// leading zeros included (NIST SP 800-63B-4 3.1.3.2, ASVS 6.5.3).
std::string new_code(unsigned length);

/// A code as a person typed it, without the blanks and hyphens that people put between groups;
/// nothing when what is left is not exactly `length` digits.
std::optional<std::string> typed_code(std::string_view text, unsigned length);

} // namespace mfad::domain
