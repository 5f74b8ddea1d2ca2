#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Codes that a user keeps on paper for the day on which he has nothing else (NIST SP 800-63B-4
/// 4.2.1.1 asks for 64 bits).
namespace mfad::domain {

inline constexpr std::size_t recovery_codes_in_a_set = 10;
inline constexpr std::size_t recovery_code_characters = 15; ///< of 5 bits each

/// A new set of different codes, each with 75 bits of the system's CSPRNG, as they are shown:
/// `7Q2PK-0XWTR-9MDHE`. The characters are Crockford's base32: digits and upper-case letters
/// without I, L, O and U.
std::vector<std::string> new_recovery_codes();

/// A code as a person typed it, in the one form that is hashed: upper case, O as 0, I and L as 1,
/// without blanks and hyphens. Nothing when what is left is not 15 characters of the alphabet.
std::optional<std::string> typed_recovery_code(std::string_view text);

} // namespace mfad::domain
