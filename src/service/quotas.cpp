#include "mfad/service/quotas.hpp"

namespace mfad::service {
namespace {

using domain::QuotaLease;
using domain::RatePolicy;
using domain::RateReport;
using domain::Refusal;
using domain::Result;

/// Of tenants and dialects together; one that is pushed out is asked for anew.
constexpr std::size_t most_leases = 10'000;

Refusal used_up(std::string policy, const domain::RateVerdict& verdict) {
    Refusal refusal = domain::refuse(Refusal::Code::too_many);
    refusal.policy = std::move(policy);
    refusal.retry_after = std::chrono::ceil<std::chrono::milliseconds>(verdict.retry_after);
    return refusal;
}

/// Whether a request may go on, by what the store has taken for it.
Result<void> admitted(const RateReport& report, const store::QuotaTaken& taken) {
    if (!taken.verdict.allowed) return used_up(report.policy.name, taken.verdict);
    if (!taken.place) return used_up("idempotency-keys", taken.verdict);
    return {};
}

} // namespace

LeasedQuotas::LeasedQuotas(const store::Context& context, QuotaOptions options)
    : quotas_(context), options_(std::move(options)), leases_(most_leases) {}

RatePolicy LeasedQuotas::policy(const domain::Tenant& tenant, domain::DialectName dialect) const {
    const auto own = tenant.limits.find(to_string(dialect));
    return own != tenant.limits.end() ? own->second : options_.policies.at(dialect);
}

QuotaLease& LeasedQuotas::lease(const std::string& tenant, const RatePolicy& policy) {
    name_.assign(tenant).append(1, '\n').append(policy.name);
    QuotaLease* found = leases_.find(name_);
    if (found == nullptr || found->policy() != policy) {
        leases_.put(name_, QuotaLease(policy));
        found = leases_.find(name_);
    }
    return *found;
}

RateReport& LeasedQuotas::report(Call& call, RatePolicy policy) const {
    RateReport& report = call.rates.emplace_back();
    report.policy = std::move(policy);
    report.verdict.remaining = report.policy.limit;
    report.counted = options_.enabled;
    return report;
}

LeasedQuotas::Wish LeasedQuotas::wish(const Call& call, const RatePolicy& policy) {
    // A place for a key is the store's to give, so it is asked in any case.
    if (!options_.enabled || call.key) return {};
    QuotaLease& lease = this->lease(call.tenant->id, policy);
    const auto now = runtime::SteadyClock::now();
    if (const auto spent = lease.spend(now)) return {spent, 0};
    return {std::nullopt, lease.wish(now)};
}

redis::Command LeasedQuotas::command(
    const Call& call, RatePolicy policy, std::uint32_t wanted) const {
    if (!options_.enabled) policy.limit = 0;
    std::optional<store::KeyPlace> place;
    if (call.key)
        place = store::KeyPlace{
            call.caller.credential_id, call.key->hash, options_.key_lifetimes.of(*call.key),
            options_.max_live_keys};
    return quotas_.command(call.tenant->id, policy, wanted, place);
}

runtime::Awaitable<Result<void>> LeasedQuotas::take(Call& call, domain::DialectName dialect) {
    call.rates.reserve(3); // with those of a user's limits
    RateReport& report = this->report(call, policy(*call.tenant, dialect));
    const Wish wish = this->wish(call, report.policy);
    if (wish.spent) report.verdict = *wish.spent;
    if (wish.spent || (!options_.enabled && !call.key)) co_return Result<void>{};

    const redis::Command command = this->command(call, report.policy, wish.wanted);
    const redis::Reply reply = co_await quotas_.take(command);
    const store::QuotaTaken taken = store::QuotaStore::taken(reply);
    if (options_.enabled) {
        QuotaLease& lease = this->lease(call.tenant->id, report.policy);
        const auto now = runtime::SteadyClock::now();
        report.verdict = lease.granted(wish.wanted, taken.count, taken.verdict, now);
    }
    co_return admitted(report, taken);
}

runtime::Awaitable<Result<void>> LeasedQuotas::take_second_step(
    Call& call, const std::string& user) {
    RateReport& report = this->report(call, options_.second_steps);
    if (!options_.enabled && !call.key) co_return Result<void>{};
    RatePolicy of_user = report.policy;
    of_user.name += ":" + user;
    const redis::Command command = this->command(call, of_user, 1);
    const redis::Reply reply = co_await quotas_.take(command);
    const store::QuotaTaken taken = store::QuotaStore::taken(reply);
    if (options_.enabled) report.verdict = taken.verdict;
    co_return admitted(report, taken);
}

} // namespace mfad::service
