#pragma once

#include "mfad/platform/config.hpp"

#include <functional>
#include <ostream>

namespace mfad::app {

/// Reads the configuration; again on SIGHUP, for what of it can change while a server runs.
/// @throws platform::BadConfig
using ConfigLoader = std::function<platform::LoadedConfig()>;

struct ServeOptions {
    bool demo = false; ///< loads the demo into an empty private Redis, and says how to try it
};

/// `mfad serve`: HTTP, the ops listener and, unless switched off, the mail worker, until SIGTERM or
/// SIGINT. Blocks; main thread. @return the exit status @throws what tells the operator why it
/// cannot start
int serve(const ConfigLoader& load, const ServeOptions& options, std::ostream& out);

/// `mfad worker`: the mail worker alone, until SIGTERM or SIGINT.
int work(const ConfigLoader& load);

} // namespace mfad::app
