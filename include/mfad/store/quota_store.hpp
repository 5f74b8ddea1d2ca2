#pragma once

#include "mfad/domain/rate_limit.hpp"
#include "mfad/store/context.hpp"

#include <optional>
#include <string>

namespace mfad::store {

/// Where a quota is counted: whose it is, and its name (`Keys::quota`).
struct QuotaPlace {
    std::string owner;
    std::string name;
};

/// A place among a credential's live idempotency keys.
struct KeyPlace {
    std::string credential_id;
    std::string hash; ///< of the idempotency key
    std::chrono::milliseconds lifetime{0};
    unsigned places = 0;
};

struct QuotaTaken {
    domain::RateVerdict verdict;
    std::uint32_t count = 1; ///< how many were taken, if the verdict allows
    bool place = true; ///< false: the credential has no place left; the verdict's retry_after says
                       ///< for how long
};

/// Counts what a tenant's quota allows, in the tenant's own slot, before the work is done in the
/// user's. Every write asks, so it comes in three steps of which one waits: asked and read by the
/// caller, it takes no coroutine of its own.
class QuotaStore {
public:
    explicit QuotaStore(const Context& context) : context_(context) {}

    /// @param owner whose quota it is, as a rule a tenant; his slot it is in
    /// @param policy its name is part of the key; a limit of 0 counts nothing
    /// @param wanted how many to take, 1 at least; when fewer are left, those
    redis::Command command(
        const std::string& owner, const domain::RatePolicy& policy, std::uint32_t wanted,
        const std::optional<KeyPlace>& place) const;
    runtime::Awaitable<redis::Reply> take(const redis::Command& command) const;
    static QuotaTaken taken(const redis::Reply& reply);

    /// Gives back what was taken and not used.
    redis::Command giving_back(
        const std::string& owner, const domain::RatePolicy& policy, std::uint32_t count) const;
    runtime::Awaitable<void> give_back(const redis::Command& command) const;

private:
    const Context& context_;
};

} // namespace mfad::store
