#include "mfad/service/settings_service.hpp"

#include "mfad/service/factors.hpp"

#include "mfad/service/addresses.hpp"

#include "mfad/domain/identity.hpp"

#include <algorithm>

namespace mfad::service {
namespace {

using domain::ChangeStatus;
using domain::Refusal;
using domain::Result;
using domain::SettingsChange;
using platform::SealPurpose;
using runtime::Awaitable;
using Code = Refusal::Code;

Refusal too_many(std::span<const domain::RateReport> reports) {
    Refusal refusal = domain::refuse(Code::too_many);
    for (const domain::RateReport& report : reports) {
        if (report.verdict.allowed || report.verdict.retry_after <= refusal.retry_after) continue;
        refusal.policy = report.policy.name;
        refusal.retry_after =
            std::chrono::ceil<std::chrono::milliseconds>(report.verdict.retry_after);
    }
    return refusal;
}

SettingsService::Outcome tenant_outcome(const store::TenantOutcome& outcome) {
    if (outcome.replay == store::Replay::key_reused) return domain::refuse(Code::key_reused);
    if (outcome.status != ChangeStatus::done) return domain::refuse(refusal_code(outcome.status));
    return {};
}

constexpr std::string_view user_limits = "user"; // all of them decide together

std::string subject(const domain::UserRef& user) {
    return user.tenant + '\n' + user.user;
}

platform::Place supplement_place(const RequestKey& key) {
    return platform::Place().part("idempotency").part(key.hash);
}

} // namespace

Code refusal_code(ChangeStatus status) {
    switch (status) {
    case ChangeStatus::no_such_tenant: return Code::no_such_tenant;
    case ChangeStatus::no_such_user: return Code::no_such_user;
    case ChangeStatus::too_many: return Code::too_many;
    case ChangeStatus::restricted: return Code::restricted;
    case ChangeStatus::nothing_enabled: return Code::nothing_enabled;
    case ChangeStatus::external_factor: return Code::external_factor;
    case ChangeStatus::not_allowed: return Code::factor_not_allowed;
    case ChangeStatus::unchanged: return Code::unchanged;
    case ChangeStatus::proof_too_old: return Code::proof_too_old;
    case ChangeStatus::done: break;
    }
    return Code::internal;
}

SettingsService::SettingsService(
    const store::Context& context, Enrollment& enrollment, Vault& vault, Policies policies,
    KeyLifetimes key_lifetimes, LimitContext& limits, std::function<void()> wake)
    : context_(context), settings_(context), users_(context), passkeys_(context),
      enrollment_(enrollment), vault_(vault), key_lifetimes_(key_lifetimes), limits_(limits),
      wake_(std::move(wake)) {
    use_limits(std::move(policies));
}

void SettingsService::use_limits(Policies policies) {
    for (const domain::RatePolicy& policy : policies)
        limits_.metrics.declare(policy.name);
    policies_ = std::make_shared<const Policies>(std::move(policies));
}

std::optional<store::Idempotency> SettingsService::idempotency(const Call& call) const {
    return idempotency_of(call, context_.keys(), key_lifetimes_);
}

bool SettingsService::may_provision(const Call& call, const std::string& user) const {
    const domain::Caller& caller = call.caller;
    return call.tenant->provisions_users && caller.kind == domain::Caller::Kind::user &&
           caller.has_token && user == caller.user && domain::is_valid_id(user);
}

Awaitable<bool> SettingsService::provision(const Call& call, const std::string& user) {
    store::UserRecord record;
    record.user = {call.tenant->id, user};
    record.only_if_new = true;
    record.by = store::Actor::user;
    if (const auto address = domain::EmailAddress::parse(call.caller.email))
        record.address = seal_address(*address, record.user, vault_);
    const auto put = co_await users_.put(record);
    co_return put != store::UserStore::Put::no_such_tenant;
}

Awaitable<Result<domain::MfaState>> SettingsService::read(
    const Call& call, const std::string& user) {
    const domain::UserRef ref{call.tenant->id, user};
    std::optional<domain::MfaState> state = co_await settings_.read(ref);
    if (!state && may_provision(call, user)) {
        const bool provisioned = co_await provision(call, user);
        if (provisioned) state = co_await settings_.read(ref);
    }
    if (!state) co_return domain::refuse(Code::no_such_user);
    co_return *state;
}

Changed SettingsService::changed_by(
    const Call& call, const SettingsChange& change, store::ChangeOutcome& outcome,
    NewLink& link) const {
    Changed changed;
    changed.before = outcome.before;
    changed.after = outcome.after;
    if (change.link != SettingsChange::Link::always || outcome.link == store::LinkOutcome::none)
        return changed;
    std::string token = std::move(link.token);
    changed.link_ends = outcome.link_ends;
    if (outcome.replay == store::Replay::replayed) {
        const auto first = vault_.sealer.open(
            SealPurpose::idempotency, supplement_place(*call.key), outcome.supplement);
        if (!first) throw store::Corrupt("an idempotency record that does not open");
        token = *first;
    }
    changed.link = enrollment_href(enrollment_.options().public_url, token);
    return changed;
}

std::optional<Refusal> SettingsService::denied(
    Call& call, const domain::UserRef& user, Denials::Time now) {
    // What was done under a key before is told again, whatever limits say.
    if (policies_->empty() || call.key) return std::nullopt;
    const auto verdicts = limits_.denials.find(user_limits, subject(user), now);
    if (!verdicts) return std::nullopt;
    const std::size_t counted = call.rates.size();
    note(call, *policies_, *verdicts, true);
    return too_many(std::span(call.rates).subspan(counted));
}

void SettingsService::note(
    Call& call, const Policies& policies, const std::vector<domain::RateVerdict>& verdicts,
    bool shed) {
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const domain::RatePolicy& policy = policies[i];
        call.rates.push_back({policy, verdicts[i]});
        if (verdicts[i].allowed && shed) continue; // it was not asked
        const LimitDecision refused = shed ? LimitDecision::shed : LimitDecision::limited;
        limits_.metrics.count(policy.name, verdicts[i].allowed ? LimitDecision::allowed : refused);
    }
}

Awaitable<Result<Changed>> SettingsService::change(
    Call& call, const std::string& user, const SettingsChange& change) {
    const domain::UserRef ref{call.tenant->id, user};
    const auto asked = runtime::SteadyClock::now();
    if (std::optional<Refusal> refused = denied(call, ref, asked)) co_return *std::move(refused);
    const bool links = change.link != SettingsChange::Link::none;
    NewLink link;
    if (links) link = enrollment_.new_link(ref);
    const bool provisions = may_provision(call, user);
    std::optional<store::Idempotency> entry = idempotency(call);
    if (entry && change.link == SettingsChange::Link::always)
        entry->supplement =
            vault_.sealer.seal(SealPurpose::idempotency, supplement_place(*call.key), link.token);
    if (entry && provisions) // that he is not there is not the answer
        entry->storable &= ~store::storable_bit(ChangeStatus::no_such_user);
    const std::shared_ptr<const Policies> policies = policies_;
    const store::ChangeOrder order{
        change,
        *policies,
        enrollment_.options().links,
        enrollment_.options().link_lifetime,
        {&link.order, links ? 1U : 0U},
        entry ? &*entry : nullptr,
        change.remove_factors ? seal_notice(MailJob::Kind::factor_removed, {}, ref, vault_)
                              : std::string()};

    std::vector<std::string> passkeys; // that lead to him
    if (change.remove_factors) passkeys = co_await passkeys_.tags(ref);
    store::ChangeOutcome outcome = co_await settings_.change(ref, order);
    if (outcome.status == ChangeStatus::no_such_user && provisions) {
        const bool provisioned = co_await provision(call, user);
        if (provisioned) outcome = co_await settings_.change(ref, order);
    }
    if (outcome.replay == store::Replay::key_reused) co_return domain::refuse(Code::key_reused);
    const std::size_t counted = call.rates.size();
    note(call, *policies, outcome.verdicts, false);
    if (outcome.status == ChangeStatus::too_many) {
        limits_.denials.keep(
            user_limits, subject(ref), std::move(outcome.verdicts), asked,
            runtime::SteadyClock::now());
        co_return too_many(std::span(call.rates).subspan(counted));
    }
    if (outcome.status != ChangeStatus::done)
        co_return domain::refuse(refusal_code(outcome.status));
    if (!passkeys.empty() && outcome.replay == store::Replay::fresh)
        co_await passkeys_.release(passkeys, ref);
    const bool mails = outcome.link == store::LinkOutcome::mailed || change.remove_factors;
    if (mails && outcome.replay == store::Replay::fresh) wake_();
    co_return changed_by(call, change, outcome, link);
}

Awaitable<SettingsService::Outcome> SettingsService::change_many(
    Call& call, std::span<const std::string> users, const SettingsChange& change) {
    std::vector<store::LinkOrder> orders;
    if (change.link != SettingsChange::Link::none)
        for (const std::string& user : users)
            orders.push_back(enrollment_.new_link({call.tenant->id, user}).order);
    const auto entry = idempotency(call);
    const store::ChangeOrder order{
        change,
        {},
        enrollment_.options().links,
        enrollment_.options().link_lifetime,
        orders,
        entry ? &*entry : nullptr};
    const store::BulkOutcome outcome =
        co_await settings_.change_many(call.tenant->id, users, order);
    if (outcome.replay == store::Replay::key_reused) co_return domain::refuse(Code::key_reused);
    if (outcome.status == ChangeStatus::no_such_user)
        co_return domain::refuse(Code::no_such_user, users[outcome.at]);
    if (outcome.status != ChangeStatus::done)
        co_return domain::refuse(refusal_code(outcome.status));
    if (!orders.empty()) wake_();
    co_return Outcome{};
}

Awaitable<SettingsService::Outcome> SettingsService::set_all(Call& call, bool allow) {
    const auto entry = idempotency(call);
    const store::TenantOutcome outcome =
        co_await settings_.set_all(call.tenant->id, allow, entry ? &*entry : nullptr);
    co_return tenant_outcome(outcome);
}

Awaitable<Result<domain::TenantRules>> SettingsService::tenant_rules(const Call& call) {
    const auto rules = co_await settings_.rules(call.tenant->id);
    if (!rules) co_return domain::refuse(Code::no_such_tenant);
    co_return *rules;
}

Awaitable<Result<store::ProjectRecord>> SettingsService::project(const Call& call) {
    const auto project = co_await settings_.project(call.tenant->id);
    if (!project) co_return domain::refuse(Code::no_such_tenant);
    co_return *project;
}

Awaitable<SettingsService::Outcome> SettingsService::change_tenant(
    Call& call, const store::TenantChange& change) {
    const auto entry = idempotency(call);
    const store::TenantOutcome outcome =
        co_await settings_.change_tenant(call.tenant->id, change, entry ? &*entry : nullptr);
    co_return tenant_outcome(outcome);
}

Awaitable<Refusal> SettingsService::refused(const Call& call, Refusal refusal) {
    const auto entry = idempotency(call);
    if (!entry) co_return refusal;
    const bool ours = co_await settings_.note_refusal(*entry);
    if (!ours) co_return domain::refuse(Code::key_reused);
    co_return refusal;
}

unsigned SettingsService::partition(const Call& call, const std::string& user) const {
    const store::Keys& keys = context_.keys();
    return user.empty() ? keys.tenant_partition(call.tenant->id)
                        : keys.partition({call.tenant->id, user});
}

Awaitable<Result<std::string>> SettingsService::user_by_email(
    const Call& call, std::string_view email, domain::Permission permission) {
    const auto address = domain::EmailAddress::parse(email);
    if (!address) co_return domain::refuse(Code::invalid, "email", "must be an email address");
    const std::string digest = address_digest(*address, call.tenant->id, vault_);
    const domain::UserRef self{call.tenant->id, call.caller.user};
    const std::optional<store::Contact> contact = co_await users_.contact(self);
    if (!contact) co_return domain::refuse(Code::no_such_user);
    if (contact->address.digest == digest) co_return self.user;
    if (!call.caller.permissions.has(permission)) co_return domain::refuse(Code::forbidden);
    const std::vector<std::string> found = co_await users_.find_by_address(self.tenant, digest);
    if (found.size() == 1) co_return found.front();
    co_return domain::refuse(
        Code::invalid, "email",
        found.empty() ? "is the address of no user" : "is the address of more than one user");
}

Awaitable<bool> SettingsService::user_exists(const Call& call, const std::string& user) {
    const domain::UserRef ref{call.tenant->id, user};
    co_return co_await users_.exists(ref);
}

} // namespace mfad::service
