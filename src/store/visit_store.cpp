#include "mfad/store/visit_store.hpp"

#include "decode.hpp"
#include "scripts.hpp"

namespace mfad::store {
namespace {

using runtime::Awaitable;

} // namespace

Awaitable<VisitRecord> VisitStore::read(const LinkRef& link, const domain::UserRef& user) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::read_visit, 2);
    command.arg(keys.user(user)).arg(keys.rules(link.partition, user.tenant)).arg(link.id);
    const redis::Reply reply = co_await context_.eval(scripts::read_visit, command);
    const auto time = [&reply](std::size_t at) {
        return time_or_none(static_cast<double>(reply.at(at).integer()));
    };
    VisitRecord record;
    record.holds = reply.at(0).integer() == 1;
    record.now = time(4).value();
    if (!record.holds) co_return record;
    record.link_used = reply.at(1).integer() == 1;
    record.mfa = decode_state(reply.at(2).integer());
    record.mfa.last_auth_time = time(3);
    record.reset_due = time(5);
    co_return record;
}

Awaitable<void> VisitStore::spend(
    const LinkRef& link, const domain::UserRef& user, bool bound) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::spend_link, 3);
    command.arg(keys.user(user)).arg(keys.link(link.partition, link.id));
    command.arg(keys.link_events(link.partition, link.id)).arg(link.id).arg(bound ? 1 : 0);
    co_await context_.eval(scripts::spend_link, command);
}

} // namespace mfad::store
