#include "mfad/store/reset_store.hpp"

#include "audit.hpp"
#include "decode.hpp"
#include "scripts.hpp"

namespace mfad::store {

using runtime::Awaitable;

Awaitable<ResetScheduled> ResetStore::schedule(
    const domain::UserRef& user, const ResetSchedule& order) const {
    const Keys& keys = context_.keys();
    const unsigned partition = keys.partition(user);
    redis::Command command = redis::Command::eval(scripts::schedule_reset, 4);
    command.arg(keys.user(user)).arg(keys.rules(partition, user.tenant));
    command.arg(keys.due(partition, MailClass::notice)).arg(keys.audit(partition));
    command.arg(order.link_id).arg(order.reset_id).arg(order.delay.count());
    command.arg(order.job).arg(order.notice);
    command.arg(audit_context(context_, user, {Actor::user}));
    const redis::Reply reply = co_await context_.eval(scripts::schedule_reset, command);
    ResetScheduled scheduled;
    scheduled.status = static_cast<ResetScheduled::Status>(reply.at(0).integer());
    scheduled.due = platform::unix_millis(reply.at(1).integer());
    co_return scheduled;
}

Awaitable<bool> ResetStore::cancel(
    const domain::UserRef& user, const std::string& reset_id, const std::string& link_id) const {
    redis::Command command = redis::Command::eval(scripts::cancel_reset, 2);
    const Keys& keys = context_.keys();
    command.arg(keys.user(user)).arg(keys.audit(keys.partition(user)));
    command.arg(reset_id).arg(link_id).arg(audit_context(context_, user, {Actor::user}));
    const redis::Reply reply = co_await context_.eval(scripts::cancel_reset, command);
    co_return reply.integer() == 1;
}

Awaitable<bool> ResetStore::execute(
    const domain::UserRef& user, const ResetExecution& order) const {
    const Keys& keys = context_.keys();
    const unsigned partition = keys.partition(user);
    redis::Command command = redis::Command::eval(scripts::execute_reset, 7);
    command.arg(keys.user(user)).arg(keys.rules(partition, user.tenant));
    command.arg(keys.due(partition, MailClass::notice));
    command.arg(keys.due(partition, MailClass::link)).arg(keys.link(partition, order.link.id));
    command.arg(keys.devices(user)).arg(keys.audit(partition));
    command.arg(order.reset_id).arg(order.factors.bits()).arg(order.notice);
    command.arg(user.tenant).arg(user.user).arg(order.link.id).arg(order.link_lifetime.count());
    command.arg(order.link.job).arg(audit_context(context_, user, {Actor::worker}));
    for (const std::string& field : order.fields)
        command.arg(field);
    const redis::Reply reply = co_await context_.eval(scripts::execute_reset, command);
    co_return reply.integer() == 1;
}

} // namespace mfad::store
