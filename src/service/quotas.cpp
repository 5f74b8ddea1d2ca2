#include "mfad/service/quotas.hpp"

namespace mfad::service {
namespace {

using domain::Refusal;

Refusal used_up(std::string policy, const domain::RateVerdict& verdict) {
    Refusal refusal = domain::refuse(Refusal::Code::too_many);
    refusal.policy = std::move(policy);
    refusal.retry_after = std::chrono::ceil<std::chrono::milliseconds>(verdict.retry_after);
    return refusal;
}

} // namespace

domain::RatePolicy StoredQuotas::policy(
    const domain::Tenant& tenant, domain::DialectName dialect) const {
    const auto own = tenant.limits.find(to_string(dialect));
    return own != tenant.limits.end() ? own->second : options_.policies.at(dialect);
}

runtime::Awaitable<domain::Result<void>> StoredQuotas::take(
    Call& call, domain::DialectName dialect) {
    call.rates.reserve(3); // with those of a user's limits
    domain::RateReport report;
    report.policy = policy(*call.tenant, dialect);
    report.verdict.remaining = report.policy.limit;
    report.counted = options_.enabled;
    if (!options_.enabled && !call.key) {
        call.rates.push_back(report);
        co_return domain::Result<void>{};
    }
    domain::RatePolicy counted = report.policy;
    if (!options_.enabled) counted.limit = 0;
    std::optional<store::KeyPlace> place;
    if (call.key)
        place = store::KeyPlace{
            call.caller.credential_id, call.key->hash, options_.key_lifetimes.of(*call.key),
            options_.max_live_keys};
    const redis::Command command = quotas_.command(call.tenant->id, counted, place);
    const redis::Reply reply = co_await quotas_.take(command);
    const store::QuotaTaken taken = store::QuotaStore::taken(reply);
    if (options_.enabled) report.verdict = taken.verdict;
    call.rates.push_back(report);
    if (!taken.verdict.allowed) co_return used_up(report.policy.name, taken.verdict);
    if (!taken.place) co_return used_up("idempotency-keys", taken.verdict);
    co_return domain::Result<void>{};
}

} // namespace mfad::service
