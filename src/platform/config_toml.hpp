#pragma once

#include "config_keys.hpp"

namespace mfad::platform {

/// The kind of a section, as a value.
inline constexpr std::string_view section_kind = "a section";

/// A section of a TOML document, or a value in one.
struct TomlValue {
    std::string section;
    std::string name; ///< empty for the section itself, whose value should be of `section_kind`
    unsigned line = 0;
    Value value{};
};

/// A document that is not TOML.
struct TomlError {
    unsigned line = 0;
    std::string what{};
};

/// The sections of a document and what is in them, in the order of their lines.
/// @throws TomlError
std::vector<TomlValue> read_toml(std::string_view text);

} // namespace mfad::platform
