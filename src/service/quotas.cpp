#include "mfad/service/quotas.hpp"

#include "mfad/platform/concat.hpp"
#include "mfad/platform/ip_address.hpp"
#include "mfad/redis/errors.hpp"

namespace mfad::service {
namespace {

using domain::QuotaLease;
using domain::RatePolicy;
using domain::RateReport;
using domain::Refusal;
using domain::Result;

/// Of tenants and dialects together; one that is pushed out is asked for anew.
constexpr std::size_t most_leases = 10'000;
constexpr std::chrono::seconds longest_giving_back{2};
constexpr char end_of_tenant = '\n'; // in the name of a lease; no id has one

Refusal used_up(std::string policy, const domain::RateVerdict& verdict) {
    Refusal refusal = domain::refuse(Refusal::Code::too_many);
    refusal.policy = std::move(policy);
    refusal.retry_after = std::chrono::ceil<std::chrono::milliseconds>(verdict.retry_after);
    return refusal;
}

LimitDecision decision(const domain::RateVerdict& verdict) {
    return verdict.allowed ? LimitDecision::allowed : LimitDecision::limited;
}

/// Whether a request may go on, by what the store has taken for it.
Result<void> admitted(const RateReport& report, const store::QuotaTaken& taken) {
    if (!taken.verdict.allowed) return used_up(report.policy.name, taken.verdict);
    if (!taken.place) return used_up("idempotency-keys", taken.verdict);
    return {};
}

} // namespace

const RatePolicy& quota_policy(
    const QuotaOptions& options, const domain::Tenant& tenant, domain::DialectName dialect) {
    const auto own = tenant.limits.find(to_string(dialect));
    return own != tenant.limits.end() ? own->second : options.policies.at(dialect);
}

store::QuotaPlace second_step_place(
    const QuotaOptions& options, const std::string& tenant, std::string_view user) {
    return {tenant, platform::concat(options.second_steps.name, ":", user)};
}

store::QuotaPlace address_place(const QuotaOptions& options, std::string_view address) {
    // Each in a slot of its own; no tenant's id has a slash.
    return {platform::concat("address/", platform::client_name(address)), options.addresses.name};
}

LeasedQuotas::LeasedQuotas(
    const store::Context& context, QuotaOptions options, LimitContext& limits)
    : quotas_(context), limits_(limits), leases_(most_leases) {
    use(std::move(options));
}

void LeasedQuotas::use(QuotaOptions options) {
    options_ = std::move(options);
    for (const auto& [dialect, policy] : options_.policies)
        limits_.metrics.declare(policy.name);
    limits_.metrics.declare(options_.second_steps.name);
    limits_.metrics.declare(options_.addresses.name);
}

RatePolicy LeasedQuotas::policy(const domain::Tenant& tenant, domain::DialectName dialect) const {
    return quota_policy(options_, tenant, dialect);
}

QuotaLease& LeasedQuotas::lease(const std::string& tenant, const RatePolicy& policy) {
    name_.assign(tenant).append(1, end_of_tenant).append(policy.name);
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
    if (!options_.enabled) return {};
    QuotaLease& lease = this->lease(call.tenant->id, policy);
    const auto now = runtime::SteadyClock::now();
    // A place for a key is the store's to give, so what is left here is for calls without one.
    if (!call.key)
        if (const auto spent = lease.spend(now)) return {spent, 0};
    if (auto denied = lease.denied(now)) return {denied, 0};
    return {std::nullopt, call.key ? 1 : lease.wish(now)};
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

runtime::Awaitable<void> LeasedQuotas::give_back(runtime::SteadyClock::time_point then) {
    std::vector<redis::Command> commands;
    leases_.for_each([&](std::string_view name, const QuotaLease& lease) {
        const std::uint32_t unspent = lease.unspent(then);
        const std::string tenant(name.substr(0, name.find(end_of_tenant)));
        if (unspent > 0) commands.push_back(quotas_.giving_back(tenant, lease.policy(), unspent));
    });
    leases_.clear();
    const auto deadline = runtime::SteadyClock::now() + longest_giving_back;
    for (const redis::Command& command : commands) {
        if (runtime::SteadyClock::now() >= deadline) break;
        co_await quotas_.give_back(command);
    }
}

runtime::Awaitable<Result<void>> LeasedQuotas::take(Call& call, domain::DialectName dialect) {
    call.rates.reserve(3); // with those of a user's limits
    RateReport& report = this->report(call, policy(*call.tenant, dialect));
    const Wish wish = this->wish(call, report.policy);
    if (wish.known) {
        report.verdict = *wish.known;
        const bool allowed = report.verdict.allowed;
        limits_.metrics.count(
            report.policy.name, allowed ? LimitDecision::leased : LimitDecision::shed);
        if (!allowed) co_return used_up(report.policy.name, report.verdict);
        co_return Result<void>{};
    }
    if (!options_.enabled && !call.key) co_return Result<void>{};

    const auto asked = runtime::SteadyClock::now();
    auto taken = co_await ask(call, report.policy, wish.wanted);
    if (!taken) {
        limits_.metrics.count(report.policy.name, LimitDecision::failed_open);
        co_return Result<void>{};
    }
    if (options_.enabled) {
        QuotaLease& lease = this->lease(call.tenant->id, report.policy);
        const auto now = runtime::SteadyClock::now();
        report.verdict = lease.granted(wish.wanted, taken->count, taken->verdict, asked, now);
        // Others have used up the rest, but some of what was taken before may be left.
        if (!report.verdict.allowed && !call.key)
            report.verdict = taken->verdict = lease.spend_rest(now).value_or(report.verdict);
        limits_.metrics.count(report.policy.name, decision(report.verdict));
    }
    co_return admitted(report, *taken);
}

runtime::Awaitable<std::optional<store::QuotaTaken>> LeasedQuotas::ask(
    const Call& call, const RatePolicy& policy, std::uint32_t wanted) {
    const redis::Command command = this->command(call, policy, wanted);
    try {
        const redis::Reply reply = co_await quotas_.take(command);
        co_return store::QuotaStore::taken(reply);
    } catch (const redis::Unavailable&) {
        if (!call.only_reads || !options_.reads_fail_open) throw;
    }
    co_return std::nullopt;
}

/// What is known of a decision that is not leased: that it would refuse.
std::optional<domain::RateVerdict> LeasedQuotas::denied(
    const RatePolicy& policy, std::string_view subject) {
    const auto verdicts = limits_.denials.find(policy.name, subject, runtime::SteadyClock::now());
    if (!verdicts) return std::nullopt;
    limits_.metrics.count(policy.name, LimitDecision::shed);
    return verdicts->front();
}

/// Remembers what the store said of such a decision.
void LeasedQuotas::note(
    const RatePolicy& policy, std::string_view subject, const domain::RateVerdict& verdict,
    Denials::Time asked) {
    limits_.metrics.count(policy.name, decision(verdict));
    limits_.denials.keep(policy.name, subject, {verdict}, asked, runtime::SteadyClock::now());
}

runtime::Awaitable<Result<void>> LeasedQuotas::take_second_step(
    Call& call, const std::string& user) {
    RateReport& report = this->report(call, options_.second_steps);
    if (!options_.enabled && !call.key) co_return Result<void>{};
    const std::string subject = call.tenant->id + "\n" + user;
    if (options_.enabled) {
        if (const auto denied = this->denied(report.policy, subject)) {
            report.verdict = *denied;
            co_return used_up(report.policy.name, *denied);
        }
    }
    RatePolicy of_user = report.policy;
    of_user.name = second_step_place(options_, call.tenant->id, user).name;
    const redis::Command command = this->command(call, of_user, 1);
    const auto asked = runtime::SteadyClock::now();
    const redis::Reply reply = co_await quotas_.take(command);
    const store::QuotaTaken taken = store::QuotaStore::taken(reply);
    if (options_.enabled) {
        report.verdict = taken.verdict;
        note(report.policy, subject, taken.verdict, asked);
    }
    co_return admitted(report, taken);
}

runtime::Awaitable<Result<void>> LeasedQuotas::take_address(std::string_view address) {
    if (!options_.enabled) co_return Result<void>{};
    const RatePolicy& policy = options_.addresses;
    const std::string owner = address_place(options_, address).owner;
    if (const auto denied = this->denied(policy, owner)) co_return used_up(policy.name, *denied);
    const redis::Command command = quotas_.command(owner, policy, 1, std::nullopt);
    const auto asked = runtime::SteadyClock::now();
    const redis::Reply reply = co_await quotas_.take(command);
    const domain::RateVerdict verdict = store::QuotaStore::taken(reply).verdict;
    note(policy, owner, verdict, asked);
    if (!verdict.allowed) co_return used_up(policy.name, verdict);
    co_return Result<void>{};
}

} // namespace mfad::service
