#pragma once

#include "mfad/domain/factor.hpp"
#include "mfad/domain/relying_party.hpp"
#include "mfad/service/challenges.hpp"
#include "mfad/service/enrollment.hpp"
#include "mfad/service/factors.hpp"
#include "mfad/service/tenants.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/user_store.hpp"
#include "mfad/store/visit_store.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::service {

/// A visit of the pages: what follows the button that a link's page shows. It is kept nowhere but
/// sealed, in the page's memory, and ends with its time, or when its link is voided.
struct Visit {
    domain::UserRef user;
    store::LinkRef link;
    store::LinkKind kind = store::LinkKind::enroll;
    bool by_server = false;    ///< a server or session caused the link
    domain::FactorSet factors; ///< that the link is for; empty: any
    platform::UnixMillis ends{};
    bool proved = false;         ///< one of the user's factors was passed, or bound, in it
    bool recovering = false;     ///< its challenge is to recover lost factors
    domain::FactorSet recovered; ///< by what that was shown so far
    std::string challenge;       ///< token of the open one; empty: none

    /// In whose name it changes factors.
    Asker asker() const {
        const bool invited = by_server && kind == store::LinkKind::enroll;
        return invited ? Asker::invited : Asker::himself;
    }
    /// As what it asks for codes that bind the address.
    Followed followed() const {
        return {link, user, proved ? store::CodeAsker::proved : store::CodeAsker::visit};
    }
};

/// The beginning of a visit, or why there is none.
struct VisitBegun {
    store::LinkState state = store::LinkState::unknown; ///< open: it has begun
    Visit visit;
};

/// What an authenticator is told of the account.
struct AccountNames {
    std::string tenant;
    std::string account; ///< the address, else the user's id
    std::string masked_address;
    std::string locale;
};

/// Visits of the pages. One object a thread.
class Visits {
public:
    static constexpr std::chrono::minutes lifetime{15};

    Visits(
        const store::Context& context, TenantSource& tenants, Vault& vault, Enrollment& enrollment,
        Challenges& challenges);

    /// Follows a link. Changes nothing: the link is spent when what it is for is done.
    runtime::Awaitable<VisitBegun> begin(std::string_view token);

    /// As the page keeps it.
    std::string seal(const Visit& visit);
    /// @return nothing for what is none of ours, or is over
    std::optional<Visit> open(std::string_view sealed);

    runtime::Awaitable<store::VisitRecord> read(const Visit& visit);

    /// Opens a challenge for the visit, in place of any before: to prove it, or to recover lost
    /// factors by what was not shown yet.
    /// @param device token of a remembered one; empty: none
    runtime::Awaitable<ChallengeAnswer> challenge(
        Visit& visit, bool recovers, const std::string& device);

    /// Notes in the visit that its challenge was passed; a link that is there to verify is spent
    /// with it.
    runtime::Awaitable<void> passed(Visit& visit, domain::FactorType factor);

    /// Notes in the visit that a factor was bound, which proves it; its link is spent.
    runtime::Awaitable<void> bound(Visit& visit);

    runtime::Awaitable<AccountNames> names(const Visit& visit);

    /// Where the passkeys of the visit's tenant are good.
    runtime::Awaitable<domain::RelyingParty> party(const Visit& visit);

private:
    store::VisitStore visits_;
    store::UserStore users_;
    TenantSource& tenants_;
    Vault& vault_;
    Enrollment& enrollment_;
    Challenges& challenges_;
};

} // namespace mfad::service
