#pragma once

#include "mfad/platform/config.hpp"

#include <ostream>

namespace mfad::app {

struct ServeOptions {
    bool demo = false; ///< loads the demo into an empty private Redis, and says how to try it
};

/// `mfad serve`: HTTP, the ops listener and, unless switched off, the mail worker, until SIGTERM or
/// SIGINT. Blocks; main thread. @return the exit status @throws what tells the operator why it
/// cannot start
int serve(const platform::LoadedConfig& config, const ServeOptions& options, std::ostream& out);

/// `mfad worker`: the mail worker alone, until SIGTERM or SIGINT.
int work(const platform::LoadedConfig& config);

} // namespace mfad::app
