#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/store/audit_store.hpp"
#include "mfad/store/challenge_store.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace mfad::store {

/// A remembered device as it lies in the store.
struct Device {
    std::string id; ///< 11 characters
    std::string label;
    platform::UnixMillis remembered{};
    platform::UnixMillis last_used{};
    platform::UnixMillis ends{};
};

struct DeviceOrder {
    std::string id; ///< of a new device
    std::string label;
    std::chrono::milliseconds lifetime{0};
    unsigned most = 0; ///< devices of a user
};

/// The remembered devices of users (`scripts/lib/device.lua`).
class DeviceStore {
public:
    explicit DeviceStore(const Context& context) : context_(context) {}

    /// Remembers the device from which a challenge was passed.
    /// @return nothing when it has not been, or what it proved was voided since
    runtime::Awaitable<std::optional<DeviceToken>> remember(
        const ChallengeRef& challenge, const DeviceOrder& order, const AuditNote& note) const;

    /// @return nothing when there is no such user
    runtime::Awaitable<std::optional<std::vector<Device>>> list(const domain::UserRef& user) const;

    /// @param id of one; empty: all
    /// @param notice sealed mail
    /// @return how many there were; nothing when there is no such user
    runtime::Awaitable<std::optional<unsigned>> forget(
        const domain::UserRef& user, const std::string& id, const std::string& notice,
        const AuditNote& note) const;

private:
    const Context& context_;
};

} // namespace mfad::store
