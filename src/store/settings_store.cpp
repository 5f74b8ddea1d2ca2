#include "mfad/store/settings_store.hpp"

#include "audit.hpp"
#include "decode.hpp"
#include "scripts.hpp"

#include "mfad/platform/packed.hpp"
#include "mfad/store/tenant_store.hpp"

namespace mfad::store {
namespace {

using domain::ChangeStatus;
using domain::SettingsChange;
using runtime::Awaitable;

std::uint32_t milliseconds_of(std::chrono::milliseconds time) {
    return static_cast<std::uint32_t>(time.count());
}

/// The flags of `change_settings.lua`, bit for bit.
std::uint32_t flags_of(const ChangeOrder& order) {
    const SettingsChange& c = order.change;
    std::uint32_t flags = 0;
    const auto set = [&flags](std::uint32_t flag, bool on) { flags |= on ? flag : 0; };
    set(1, c.if_unrestricted);
    set(2, c.unless_active);
    set(4, c.if_different);
    set(8, c.if_enabled);
    set(16, c.if_internal);
    set(32, c.proof == SettingsChange::Proof::when_active);
    set(64, c.proof == SettingsChange::Proof::always);
    set(128, c.remove_factors);
    set(256, c.link == SettingsChange::Link::always);
    set(512, c.link == SettingsChange::Link::if_unenrolled);
    set(1024, c.must_allow_any);
    set(2048, c.by_server);
    set(4096, order.idempotency != nullptr);
    set(8192, !c.mails_link);
    return flags;
}

void append_keys(
    redis::Command& command, const Keys& keys, const domain::UserRef& user, const LinkOrder* link) {
    const unsigned partition = keys.partition(user);
    command.arg(keys.user(partition, user)).arg(keys.rules(partition, user.tenant));
    if (link != nullptr)
        command.arg(keys.due(partition, MailClass::link)).arg(keys.link(partition, link->id));
}

void pack_policy(platform::PackedWriter& packed, const domain::RatePolicy& policy) {
    packed.number(static_cast<double>(policy.period.count())).u32(policy.limit);
}

/// The numbers of a change, as `change_settings.lua` unpacks them.
platform::PackedWriter pack_change(std::size_t users, const ChangeOrder& order) {
    const SettingsChange& c = order.change;
    platform::PackedWriter packed;
    packed.u16(static_cast<std::uint16_t>(users)).u32(flags_of(order));
    packed.u8(c.allowed_mask.bits()).u8(c.allowed_value.bits());
    packed.u8(c.enable.bits()).u8(c.disable.bits());
    packed.u8(static_cast<std::uint8_t>(c.change_restricted)).u8(c.must_be_allowed.bits());
    packed.u32(milliseconds_of(domain::proof_age)).u32(milliseconds_of(order.link_lifetime));
    pack_policy(packed, order.links);
    packed.u8(c.link_factors.bits());
    packed.u8(static_cast<std::uint8_t>(order.policies.size()));
    for (const domain::RatePolicy& policy : order.policies)
        pack_policy(packed, policy);
    return packed;
}

void append_idempotency(redis::Command& command, const Idempotency* idempotency) {
    if (idempotency == nullptr) return;
    command.arg(idempotency->fingerprint)
        .arg(idempotency->lifetime.count())
        .arg(idempotency->storable);
}

/// The call for users of one tenant. Links are on when there is an order for each user.
redis::Command change_command(
    const Context& context, const std::string& tenant, std::span<const std::string> users,
    const ChangeOrder& order) {
    const Keys& keys = context.keys();
    const bool links = order.change.link != SettingsChange::Link::none;
    const bool removes = order.change.remove_factors;
    const std::size_t key_count =
        users.size() * (links ? 4 : 2) + (order.idempotency != nullptr ? 1 : 0) + (removes ? 2 : 0);
    redis::Command command = redis::Command::eval(scripts::change_settings, key_count);
    for (std::size_t i = 0; i < users.size(); ++i)
        append_keys(command, keys, {tenant, users[i]}, links ? &order.orders[i] : nullptr);
    if (order.idempotency != nullptr) command.arg(order.idempotency->record);
    const auto first = [&] { return domain::UserRef{tenant, users.front()}; };
    if (removes) { // of the only one there is
        const unsigned partition = keys.partition(first());
        command.arg(keys.due(partition, MailClass::notice)).arg(keys.audit(partition));
    }

    command.arg(pack_change(users.size(), order).bytes()).arg(tenant);
    append_idempotency(command, order.idempotency);
    if (order.idempotency != nullptr) command.arg(order.idempotency->supplement);
    for (std::size_t i = 0; links && i < users.size(); ++i)
        command.arg(users[i]).arg(order.orders[i].id).arg(order.orders[i].job);
    const Actor by = order.change.by_server ? Actor::host : Actor::user;
    if (removes) command.arg(order.removal_notice).arg(audit_context(context, first(), {by}));
    return command;
}

/// The outcome for one user, as the script packed it.
ChangeOutcome change_outcome(std::string_view bytes) {
    platform::PackedReader packed(bytes);
    ChangeOutcome outcome;
    outcome.status = static_cast<ChangeStatus>(packed.u8());
    packed.u16();                        // he is the only one
    if (packed.at_end()) return outcome; // there is no such user
    outcome.before = decode_state(packed.u32());
    outcome.after = decode_state(packed.u32());
    outcome.after.version = static_cast<std::uint64_t>(packed.number());
    outcome.after.last_auth_time = time_or_none(packed.number());
    outcome.link = static_cast<LinkOutcome>(packed.u8());
    outcome.kind = static_cast<LinkKind>(packed.u8());
    outcome.link_ends = platform::unix_millis(static_cast<std::int64_t>(packed.number()));
    while (!packed.at_end())
        outcome.verdicts.push_back(decode_verdict(packed));
    return outcome;
}

} // namespace

Awaitable<std::optional<domain::MfaState>> SettingsStore::read(const domain::UserRef& user) const {
    const Keys& keys = context_.keys();
    // Rules first: what is folded into the user is then never newer than what is missing from him,
    // so that the two answers always make a state that was there at one moment.
    redis::Command rules_command("HMGET");
    rules_command.arg(keys.rules(keys.partition(user), user.tenant));
    append_rules_fields(rules_command);
    redis::Command user_command("HMGET");
    user_command.arg(keys.user(user)).arg("s").arg("n").arg("v").arg("t");
    const auto [rules_reply, user_reply] = co_await context_.exec(rules_command, user_command);
    const auto rules = decode_rules(rules_reply);
    const auto found = decode_user(user_reply);
    if (!rules || !found) co_return std::nullopt;
    co_return domain::state_of(*found, *rules);
}

Awaitable<ChangeOutcome> SettingsStore::change(
    const domain::UserRef& user, const ChangeOrder& order) const {
    const redis::Command command =
        change_command(context_, user.tenant, std::span<const std::string>(&user.user, 1), order);
    const redis::Reply reply = co_await context_.eval(scripts::change_settings, command);
    const ScriptOutcome decoded = decode_outcome(reply);
    ChangeOutcome outcome;
    if (decoded.replay != Replay::key_reused) outcome = change_outcome(decoded.outcome);
    if (decoded.replay == Replay::replayed) outcome.verdicts.clear(); // nothing was counted now
    outcome.replay = decoded.replay;
    outcome.supplement = decoded.supplement;
    co_return outcome;
}

Awaitable<BulkOutcome> SettingsStore::change_many(
    const std::string& tenant, std::span<const std::string> users, const ChangeOrder& order) const {
    const redis::Command command = change_command(context_, tenant, users, order);
    const redis::Reply reply = co_await context_.eval(scripts::change_settings, command);
    const ScriptOutcome decoded = decode_outcome(reply);
    BulkOutcome outcome;
    outcome.replay = decoded.replay;
    if (decoded.replay == Replay::key_reused) co_return outcome;
    platform::PackedReader packed(decoded.outcome);
    outcome.status = static_cast<ChangeStatus>(packed.u8());
    if (outcome.status != ChangeStatus::done) outcome.at = packed.u16() - 1U;
    co_return outcome;
}

Awaitable<TenantOutcome> SettingsStore::set_all(
    const std::string& tenant, bool allow, const Idempotency* idempotency) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(
        scripts::set_all, keys.partitions() + (idempotency != nullptr ? 2 : 1));
    command.arg(keys.tenant_sequence(tenant));
    for (unsigned p = 0; p < keys.partitions(); ++p)
        command.arg(keys.rules(p, tenant));
    if (idempotency != nullptr) command.arg(idempotency->record);
    command.arg(keys.partitions()).arg(allow ? 1 : 0);
    append_idempotency(command, idempotency);
    const redis::Reply reply = co_await context_.eval(scripts::set_all, command);
    co_return decode_tenant_outcome(reply);
}

Awaitable<TenantOutcome> SettingsStore::change_tenant(
    const std::string& tenant, const TenantChange& change, const Idempotency* idempotency) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(
        scripts::set_tenant, keys.partitions() + (idempotency != nullptr ? 3 : 2));
    command.arg(keys.tenant(tenant)).arg(keys.tenant_sequence(tenant));
    for (unsigned p = 0; p < keys.partitions(); ++p)
        command.arg(keys.rules(p, tenant));
    if (idempotency != nullptr) command.arg(idempotency->record);
    command.arg(keys.partitions()).arg(change.create ? 1 : 0);
    command.arg(change.policy_mask.bits()).arg(change.policy_value.bits());
    command.arg(change.default_setting ? static_cast<int>(*change.default_setting) : -1);
    command.arg(change.must_be_in_policy.bits());
    command.arg(change.options ? static_cast<int>(*change.options) : -1);
    command.arg(change.expected_document);
    command.arg(change.fields.size());
    for (const auto& [field, value] : change.fields)
        command.arg(field).arg(value);
    append_idempotency(command, idempotency);
    const redis::Reply reply = co_await context_.eval(scripts::set_tenant, command);
    co_return decode_tenant_outcome(reply);
}

Awaitable<std::optional<domain::TenantRules>> SettingsStore::rules(
    const std::string& tenant) const {
    const Keys& keys = context_.keys();
    redis::Command command("HMGET");
    command.arg(keys.rules(keys.tenant_partition(tenant), tenant));
    append_rules_fields(command);
    const redis::Reply reply = co_await context_.exec(command);
    co_return decode_rules(reply);
}

Awaitable<std::optional<ProjectRecord>> SettingsStore::project(const std::string& tenant) const {
    const Keys& keys = context_.keys();
    redis::Command rules_command("HMGET");
    rules_command.arg(keys.rules(keys.tenant_partition(tenant), tenant));
    append_rules_fields(rules_command);
    redis::Command fields_command("HMGET");
    fields_command.arg(keys.tenant(tenant));
    fields_command.arg(TenantStore::xsolla_mfa_url).arg(TenantStore::xsolla_priority);
    const auto [rules_reply, fields] = co_await context_.exec(rules_command, fields_command);
    const auto rules = decode_rules(rules_reply);
    if (!rules) co_return std::nullopt;
    ProjectRecord project;
    project.rules = *rules;
    if (!fields.at(0).is_nil()) project.mfa_url = fields.at(0).text();
    if (!fields.at(1).is_nil()) project.priority = fields.at(1).text();
    co_return project;
}

Awaitable<bool> SettingsStore::note_refusal(const Idempotency& idempotency) const {
    redis::Command command = redis::Command::eval(scripts::note_refusal, 1);
    command.arg(idempotency.record).arg(idempotency.fingerprint).arg(idempotency.lifetime.count());
    const redis::Reply reply = co_await context_.eval(scripts::note_refusal, command);
    co_return reply.integer() == 0;
}

} // namespace mfad::store
