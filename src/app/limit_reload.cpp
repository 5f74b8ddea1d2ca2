#include "limit_reload.hpp"

#include "mfad/platform/log.hpp"

#include <algorithm>

namespace mfad::app {
namespace {

namespace log = platform::log;

bool is_limit(const platform::Setting& setting) {
    return setting.key.starts_with("limits.");
}

} // namespace

void LimitReload::run() {
    try {
        const platform::LoadedConfig loaded = load_();
        for (const auto& user : users_)
            user(loaded.config.limits);
        compare(loaded.settings);
        log::event(log::Level::info, "limits.reloaded");
    } catch (const std::exception& error) {
        log::event(log::Level::error, "limits.not_reloaded", {{"error", error.what()}});
    }
}

void LimitReload::compare(const std::vector<platform::Setting>& now) {
    for (platform::Setting& known : in_force_) {
        const auto found = std::ranges::find(now, known.key, &platform::Setting::key);
        if (found == now.end() || found->value == known.value) continue;
        if (is_limit(known)) {
            log::event(
                log::Level::info, "limits.changed",
                {{"key", known.key}, {"value", found->value}, {"was", known.value}});
            known = *found;
        } else {
            log::event(log::Level::warn, "config.needs_restart", {{"key", known.key}});
        }
    }
}

} // namespace mfad::app
