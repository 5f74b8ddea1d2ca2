#include "mfad/platform/config.hpp"

#include "config_keys.hpp"
#include "config_layers.hpp"
#include "mfad/platform/json_text.hpp"

#include <unistd.h>

#include <algorithm>

namespace mfad::platform {
namespace {

std::string lines(const std::vector<std::string>& problems) {
    std::string out;
    for (const std::string& problem : problems)
        out.append(out.empty() ? "" : "\n").append(problem);
    return out;
}

/// What an empty key stands for, where that follows from another key.
std::string derived(const Config& config, const std::string& key) {
    if (key == "http.public_url" && config.http.public_url.empty()) return config.public_url();
    if (key == "crypto.key_file" && config.crypto.key_file.empty()) return config.key_file();
    return {};
}

Setting setting(const Config& config, const ConfigKey& key, const std::string& origin) {
    Setting out{key.dotted(), key.print(config), origin, key.expected};
    if (const std::string value = derived(config, out.key); !value.empty()) {
        out.value.clear();
        append_json_string(out.value, value);
        out.origin += " (empty)";
    }
    return out;
}

} // namespace

std::string Config::public_url() const {
    if (!http.public_url.empty()) return http.public_url;
    return "http://localhost:" + std::to_string(http.listen.port);
}

std::filesystem::path Config::key_file() const {
    return crypto.key_file.empty() ? server.data_dir / "keys.json" : crypto.key_file;
}

Environment process_environment() {
    Environment variables;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

BadConfig::BadConfig(std::vector<std::string> problems)
    : std::runtime_error(lines(problems)), problems_(std::move(problems)) {}

LoadedConfig load_config(
    const std::optional<std::filesystem::path>& named, const Environment& environment) {
    ConfigLayers layers;
    layers.add_file(named);
    layers.add_environment(environment);
    if (layers.problems().empty()) layers.check_together();
    if (!layers.problems().empty()) throw BadConfig(layers.problems());
    LoadedConfig loaded{layers.take(), {}};
    const auto& keys = config_keys();
    for (std::size_t i = 0; i < keys.size(); ++i)
        loaded.settings.push_back(setting(loaded.config, keys[i], layers.origin(i)));
    return loaded;
}

std::string to_text(const std::vector<Setting>& settings) {
    std::string out;
    for (const Setting& s : settings) {
        const std::size_t start = out.size();
        out.append(s.key).append(" = ").append(s.value).append("  ");
        out.append(start + 52 > out.size() ? start + 52 - out.size() : 0, ' ');
        out.append("# ").append(s.origin).append("\n");
    }
    return out;
}

} // namespace mfad::platform
