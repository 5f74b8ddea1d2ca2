#pragma once

#include "mfad/app/server.hpp"

#include <functional>
#include <vector>

namespace mfad::app {

/// Reads `[limits]` of a running server's configuration again, and hands them to all who use them.
/// Main thread only.
class LimitReload {
public:
    using Limits = platform::Config::Limits;

    /// @param load has to outlive it
    /// @param in_force what the server was started with
    LimitReload(const ConfigLoader& load, std::vector<platform::Setting> in_force)
        : load_(load), in_force_(std::move(in_force)) {}

    /// Adds somebody who is told of new limits, on the main thread.
    void add_user(std::function<void(const Limits&)> user) { users_.push_back(std::move(user)); }

    /// A configuration that is refused is logged, and the limits in force stay. What else has
    /// changed in it is named: it counts from the next start.
    void run();

private:
    void compare(const std::vector<platform::Setting>& now);

    const ConfigLoader& load_;
    std::vector<platform::Setting> in_force_;
    std::vector<std::function<void(const Limits&)>> users_;
};

} // namespace mfad::app
