#pragma once

#include "mfad/domain/quota_lease.hpp"
#include "mfad/domain/refusal.hpp"
#include "mfad/redis/bounded_map.hpp"
#include "mfad/service/call.hpp"
#include "mfad/service/limit_context.hpp"
#include "mfad/store/quota_store.hpp"

#include <map>
#include <string>

namespace mfad::service {

struct QuotaOptions {
    bool enabled = true;
    bool reads_fail_open = false; ///< whether reads go on when the store cannot be asked
    std::map<domain::DialectName, domain::RatePolicy>
        policies;                    ///< a tenant's own limits go before these
    domain::RatePolicy second_steps; ///< of one user, whoever holds the token of his challenge
    domain::RatePolicy addresses;    ///< sign-ins that anybody may begin, of one client's address
    KeyLifetimes key_lifetimes;
    unsigned max_live_keys = 0; ///< idempotency keys that a credential may have at a time
};

/// The policy that counts for a tenant in a dialect: his own limit, or the configuration's.
const domain::RatePolicy& quota_policy(
    const QuotaOptions& options, const domain::Tenant& tenant, domain::DialectName dialect);

/// Where the store counts the second steps of a user, and what comes from an address.
store::QuotaPlace second_step_place(
    const QuotaOptions& options, const std::string& tenant, std::string_view user);
store::QuotaPlace address_place(const QuotaOptions& options, std::string_view address);

/// Counts a tenant's requests in each dialect, before any work is done.
class Quotas {
public:
    virtual ~Quotas() = default;

    /// Takes one request, and a place for its idempotency key if it has one. Adds the quota to the
    /// call's rates.
    /// @return `too_many` when either is used up
    /// @throws redis::Unavailable when that cannot be known, unless it is a read and the operator
    ///   lets those pass
    virtual runtime::Awaitable<domain::Result<void>> take(
        Call& call, domain::DialectName dialect) = 0;
    /// As `take`, for a call with the token of a challenge and no other credential: counted against
    /// its user, so that he cannot use up what is the whole tenant's.
    virtual runtime::Awaitable<domain::Result<void>> take_second_step(
        Call& call, const std::string& user) = 0;
    /// Counts what a stranger begins, whom only his address tells from others.
    virtual runtime::Awaitable<domain::Result<void>> take_address(std::string_view address) = 0;
    /// The policy that counts for a tenant in a dialect.
    virtual domain::RatePolicy policy(
        const domain::Tenant& tenant, domain::DialectName dialect) const = 0;
};

/// Asks the store, and where a tenant is busy for several requests at a time, which are spent
/// without asking (domain::QuotaLease). One object a thread.
class LeasedQuotas : public Quotas {
public:
    /// @param limits has to outlive it
    LeasedQuotas(const store::Context& context, QuotaOptions options, LimitContext& limits);

    /// From now on with these.
    void use(QuotaOptions options);

    /// Gives back to the store what of quotas could be spent `then`, when the end began, and was
    /// not. For two seconds at most; what is left after them lapses.
    /// @throws redis::Unavailable, redis::ErrorReply
    runtime::Awaitable<void> give_back(runtime::SteadyClock::time_point then);

    runtime::Awaitable<domain::Result<void>> take(Call& call, domain::DialectName dialect) override;
    runtime::Awaitable<domain::Result<void>> take_second_step(
        Call& call, const std::string& user) override;
    runtime::Awaitable<domain::Result<void>> take_address(std::string_view address) override;
    domain::RatePolicy policy(
        const domain::Tenant& tenant, domain::DialectName dialect) const override;

private:
    struct Wish {
        std::optional<domain::RateVerdict> known; ///< nothing: the store is to be asked
        std::uint32_t wanted = 1;
    };

    /// What is told of a policy, so far as nothing was taken from it.
    domain::RateReport& report(Call& call, domain::RatePolicy policy) const;
    domain::QuotaLease& lease(const std::string& tenant, const domain::RatePolicy& policy);
    Wish wish(const Call& call, const domain::RatePolicy& policy);
    /// Nothing: the store is away, and the call goes on all the same.
    runtime::Awaitable<std::optional<store::QuotaTaken>> ask(
        const Call& call, const domain::RatePolicy& policy, std::uint32_t wanted);
    redis::Command command(const Call& call, domain::RatePolicy policy, std::uint32_t wanted) const;
    std::optional<domain::RateVerdict> denied(
        const domain::RatePolicy& policy, std::string_view subject);
    void note(
        const domain::RatePolicy& policy, std::string_view subject,
        const domain::RateVerdict& verdict, Denials::Time asked);

    store::QuotaStore quotas_;
    QuotaOptions options_;
    LimitContext& limits_;
    redis::BoundedMap<domain::QuotaLease> leases_;
    std::string name_; ///< of a lease that is looked for
};

} // namespace mfad::service
