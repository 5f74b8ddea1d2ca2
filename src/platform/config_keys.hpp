#pragma once

#include "mfad/platform/config.hpp"

#include <functional>
#include <variant>

namespace mfad::platform {

/// A value of a kind that no key takes, such as a date: what to call it in an error.
struct Foreign {
    std::string_view kind;
};

/// A value as it was given, in TOML or as text, not yet checked.
using Value = std::variant<bool, std::int64_t, std::string, std::vector<std::string>, Foreign>;

/// Which alternative of `Value` a key takes; tells how the text of an environment variable is to be
/// read.
enum class Shape { flag, number, text, list };

/// One key of the configuration: everything that reading, checking and listing need to know.
struct ConfigKey {
    std::string section;
    std::string name;
    std::string expected;
    Shape shape = Shape::text;
    bool secret = false;
    /// Puts a value that fits into the configuration; false, and no change, for any other.
    std::function<bool(Config&, const Value&)> assign;
    /// The value as the file would have it, without what is secret.
    std::function<std::string(const Config&)> print;

    std::string dotted() const { return section + '.' + name; }
    std::string variable() const; ///< `MFAD_HTTP_MAX_BODY`
};

/// The table of all keys, in the order in which they are documented.
const std::vector<ConfigKey>& config_keys();

/// `MFAD_` and the parts in capitals, joined by underscores.
std::string variable_name(std::string_view section, std::string_view name);

} // namespace mfad::platform
