#pragma once

#include "installation.hpp"

#include "mfad/redis/connection.hpp"
#include "mfad/store/context.hpp"

#include <functional>

namespace mfad::app {

/// Connects, runs a task to its end on the calling thread, and disconnects: for calls that are not
/// servers.
///
/// Waits up to ten seconds for the connection. What the task throws is thrown here; a database that
/// does not belong to this installation is `StartFailure`, one that cannot be reached `StoreAway`.
void run_once(
    const redis::LinkOptions& link,
    const std::function<runtime::Awaitable<void>(redis::Connection&)>& task);

/// What the stores of such a task work with: its calls may take longer than a server's.
store::Context command_store(redis::Connection& connection, const Installation& installation);

/// Connects, and does nothing: throws what `run_once` throws when that cannot be done.
void look_at_store(const redis::LinkOptions& link);

} // namespace mfad::app
