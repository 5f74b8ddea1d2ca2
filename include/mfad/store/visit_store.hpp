#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/domain/settings.hpp"
#include "mfad/store/context.hpp"
#include "mfad/store/link_store.hpp"

#include <optional>

namespace mfad::store {

/// What a visit of the pages finds, by the store's clock.
struct VisitRecord {
    bool holds = false;     ///< neither a newer link, nor a reset, nor another address voided it
    bool link_used = false; ///< what its link was for is done
    domain::MfaState mfa;
    platform::UnixMillis now{};
    std::optional<platform::UnixMillis> reset_due; ///< of lost factors, when one is on its way
};

/// Visits of the pages, which links begin (`scripts/lib/link.lua`). They are kept nowhere: whether
/// one holds is read off the user's record.
class VisitStore {
public:
    explicit VisitStore(const Context& context) : context_(context) {}

    runtime::Awaitable<VisitRecord> read(const LinkRef& link, const domain::UserRef& user) const;

    /// Notes that what the link was for is done; nothing once it was, or holds no more.
    /// @param bound a factor was bound in the visit, which counts as an authentication
    runtime::Awaitable<void> spend(
        const LinkRef& link, const domain::UserRef& user, bool bound) const;

private:
    const Context& context_;
};

} // namespace mfad::store
