#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/store/context.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::store {

/// Who did what an audit event tells of.
enum class Actor : std::uint8_t {
    host,          ///< a server's or session's credential
    user,          ///< the user himself
    worker,        ///< the server, by itself
    administrator, ///< of the installation, on the command line
};

std::string_view to_string(Actor actor);

/// What an event has beside what happened; scripts add that (`scripts/lib/audit.lua`).
struct AuditNote {
    Actor by = Actor::host;
    std::string subject{}; ///< public id of a challenge or link
};

/// An event as it lies in the stream. Texts are empty where there is nothing to tell.
struct AuditEvent {
    unsigned partition = 0;
    std::string id; ///< of its partition: `<ms>-<number>`
    platform::UnixMillis at{};
    std::string tenant;
    std::string user;
    std::string event;
    std::string factor;
    std::string outcome;
    std::string subject; ///< public id of a challenge or link
    std::string address;
    std::string by;
};

/// The audit stream of each partition. Events are added by the scripts that cause them.
class AuditStore {
public:
    explicit AuditStore(const Context& context) : context_(context) {}

    /// Some events of a partition, newest first.
    /// @param before only those that came before the event of this id; empty: from the newest
    runtime::Awaitable<std::vector<AuditEvent>> page(
        unsigned partition, const std::string& before, unsigned count) const;

    /// How many events the bound has dropped so far, over all partitions.
    runtime::Awaitable<std::uint64_t> dropped() const;

private:
    const Context& context_;
};

} // namespace mfad::store
