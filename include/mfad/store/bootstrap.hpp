#pragma once

#include "mfad/redis/connection.hpp"
#include "mfad/store/keys.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mfad::store {

/// The version of how records are laid out.
constexpr unsigned schema_version = 2;

/// What an installation is: the same for all who use one database.
struct InstallationMark {
    unsigned partitions = 64;
    std::vector<std::pair<std::string, std::string>> keys; ///< id of a key and its check value
};

/// Compares the mark with what the database was first used with, or leaves it there: on each new
/// connection, before anything else. A store that was started anew since is fenced off: what is
/// older than this moment may have been used and forgotten (`scripts/lib/fence.lua`).
/// @throws redis::SetupMismatch naming both sides when they differ: nothing here could be read
runtime::Awaitable<void> check_installation(
    redis::SetupChannel& channel, const InstallationMark& mark);

} // namespace mfad::store
