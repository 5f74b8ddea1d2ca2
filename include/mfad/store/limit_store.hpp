#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/store/context.hpp"
#include "mfad/store/quota_store.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mfad::store {

/// What limits have counted, for the operator: theoretical arrival times (domain::gcra), in
/// microseconds of the store's clock; nothing where nothing was counted of late.
class LimitStore {
public:
    using Arrival = std::optional<std::int64_t>;

    /// Of one user, in his record.
    struct OfUser {
        Arrival first_write; ///< of the limits on writes to him, in the configuration's order
        Arrival second_write;
        Arrival links;
        Arrival code_gap;
        Arrival codes;
    };

    explicit LimitStore(const Context& context) : context_(context) {}

    /// The store's time.
    runtime::Awaitable<std::int64_t> now() const;
    /// Of a quota (`Keys::quota`) or a limit on mails (`Keys::mails`).
    runtime::Awaitable<Arrival> at(const std::string& key) const;
    /// @return nothing when there is no such user
    runtime::Awaitable<std::optional<OfUser>> of_user(const domain::UserRef& user) const;

    /// As if nothing had been counted.
    runtime::Awaitable<void> reset(const std::string& key) const;
    runtime::Awaitable<void> reset_user(const domain::UserRef& user) const;

private:
    const Context& context_;
};

} // namespace mfad::store
