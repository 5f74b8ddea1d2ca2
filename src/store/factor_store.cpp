#include "mfad/store/factor_store.hpp"

#include "audit.hpp"
#include "decode.hpp"
#include "scripts.hpp"

#include "mfad/domain/settings_change.hpp"

namespace mfad::store {
namespace {

using runtime::Awaitable;

void append_keys(redis::Command& command, const Keys& keys, const domain::UserRef& user) {
    const unsigned partition = keys.partition(user);
    command.arg(keys.user(partition, user)).arg(keys.rules(partition, user.tenant));
    command.arg(keys.due(partition, MailClass::notice));
}

template <class Order>
std::string audit_of(const Context& context, const domain::UserRef& user, const Order& order) {
    return audit_context(context, user, {order.by});
}

std::int64_t proof_age_ms() {
    return std::chrono::milliseconds(domain::proof_age).count();
}

FactorOutcome outcome_of(const redis::Reply& reply) {
    FactorOutcome outcome;
    outcome.status = static_cast<FactorStatus>(reply.at(0).integer());
    if (outcome.status != FactorStatus::done) return outcome;
    outcome.after = decode_state(reply.at(1).integer());
    outcome.after.version = static_cast<std::uint64_t>(reply.at(2).integer());
    return outcome;
}

} // namespace

Awaitable<std::vector<std::string>> FactorStore::fields(
    const domain::UserRef& user, std::span<const std::string> names) const {
    redis::Command command("HMGET");
    command.arg(context_.keys().user(user));
    for (const std::string& name : names)
        command.arg(name);
    const redis::Reply reply = co_await context_.exec(command);
    std::vector<std::string> values;
    for (std::size_t i = 0; i < names.size(); ++i)
        values.emplace_back(reply.at(i).text_or_nil().value_or(""));
    co_return values;
}

Awaitable<bool> FactorStore::put_pending(
    const domain::UserRef& user, const std::string& field, const std::string& value) const {
    redis::Command command = redis::Command::eval(scripts::put_pending, 1);
    command.arg(context_.keys().user(user)).arg(field).arg(value);
    const redis::Reply reply = co_await context_.eval(scripts::put_pending, command);
    co_return reply.integer() == 1;
}

Awaitable<FactorOutcome> FactorStore::put(
    const domain::UserRef& user, const FactorOrder& order) const {
    redis::Command command = redis::Command::eval(scripts::put_factor, 4);
    append_keys(command, context_.keys(), user);
    command.arg(context_.keys().audit(context_.keys().partition(user)));
    const int asker = order.invited ? 2 : 1;
    command.arg(static_cast<int>(order.factor)).arg(order.by_himself ? asker : 0);
    command.arg(proof_age_ms());
    command.arg(order.enable ? 1 : 0).arg(order.notice);
    command.arg(order.pending_field).arg(order.pending_value);
    command.arg(audit_of(context_, user, order));
    for (const auto& [field, value] : order.values)
        command.arg(field).arg(value);
    const redis::Reply reply = co_await context_.eval(scripts::put_factor, command);
    co_return outcome_of(reply);
}

Awaitable<FactorStatus> FactorStore::import(
    const domain::UserRef& user, domain::FactorSet bound,
    std::span<const FieldChange> changes) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::import_factors, 2);
    command.arg(keys.user(user)).arg(keys.rules(keys.partition(user), user.tenant));
    command.arg(bound.bits());
    for (const FieldChange& change : changes)
        command.arg(change.name).arg(change.before).arg(change.after);
    const redis::Reply reply = co_await context_.eval(scripts::import_factors, command);
    co_return static_cast<FactorStatus>(reply.integer());
}

Awaitable<FactorOutcome> FactorStore::remove(
    const domain::UserRef& user, const RemovalOrder& order) const {
    redis::Command command = redis::Command::eval(scripts::remove_factors, 5);
    append_keys(command, context_.keys(), user);
    command.arg(context_.keys().devices(user));
    command.arg(context_.keys().audit(context_.keys().partition(user)));
    command.arg(order.factors.bits()).arg(order.by_himself ? 1 : 0).arg(proof_age_ms());
    const int authentication = order.authenticated ? 2 : order.forget_authentication ? 1 : 0;
    command.arg(order.disable.bits()).arg(authentication).arg(order.notice);
    command.arg(order.must_be_bound ? 1 : 0).arg(audit_of(context_, user, order));
    command.arg(order.expected_field).arg(order.expected_begin).arg(order.others.size());
    for (const std::string& field : order.others)
        command.arg(field);
    for (const std::string& field : order.fields)
        command.arg(field);
    const redis::Reply reply = co_await context_.eval(scripts::remove_factors, command);
    co_return outcome_of(reply);
}

Awaitable<bool> FactorStore::replace_passkey(
    const domain::UserRef& user, std::size_t slot, const std::string& read,
    const std::string& value) const {
    redis::Command command = redis::Command::eval(scripts::replace_passkey, 1);
    command.arg(context_.keys().user(user)).arg(passkeys.at(slot)).arg(read).arg(value);
    const redis::Reply reply = co_await context_.eval(scripts::replace_passkey, command);
    co_return reply.integer() == 1;
}

} // namespace mfad::store
