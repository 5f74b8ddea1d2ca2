#pragma once

#include "config_keys.hpp"
#include "config_toml.hpp"

#include <set>

namespace mfad::platform {

/// The configuration while it is being put together: defaults, then the file, then the environment.
/// Problems are collected, so that all of them can be told at once.
class ConfigLayers {
public:
    /// A key of the table, or the twin that names a file with its value.
    struct Found {
        std::size_t key = 0;
        bool twin = false;
    };

    ConfigLayers();

    void add_file(const std::optional<std::filesystem::path>& named);
    void add_environment(const Environment& environment);

    /// Rules that concern more than one key; for when each by itself is right.
    void check_together();

    const std::vector<std::string>& problems() const { return problems_; }
    /// Where the key of this index (in `config_keys()`) got its value.
    const std::string& origin(std::size_t key) const { return givens_[key].origin; }
    Config take() { return std::move(config_); }

private:
    /// One value as it was given somewhere.
    struct Given {
        std::string where;  ///< `config/mfad.toml:12`, `environment`
        std::string shown;  ///< the name that it has there
        std::string origin; ///< for the listing
    };

    std::vector<TomlValue> read_values(const std::filesystem::path& path, bool needed);
    void check_section(const Given& given, const TomlValue& section);
    void take(const Found& found, const Given& given, const Value& value);
    void assign(std::size_t key, const Given& given, const Value& value);
    void assign_content(std::size_t key, const Given& given, const Value& path);
    void complain(const Given& given, std::string_view what);
    void check(bool ok, std::string_view key, std::string_view relation, std::string_view other);

    Config config_{};
    std::vector<Given> givens_; ///< of every key; `where` is empty where the default holds
    std::vector<std::string> problems_{};
    std::set<std::size_t> seen_{}; ///< keys that the present layer has given
};

} // namespace mfad::platform
