#include "mfad/store/link_store.hpp"

#include "audit.hpp"
#include "decode.hpp"
#include "scripts.hpp"

#include "mfad/domain/settings_change.hpp"

namespace mfad::store {
namespace {

using runtime::Awaitable;

/// Of a link's record, in the format of scripts/lib/link_record.lua.
domain::UserRef owner_of(std::string_view record) {
    platform::PackedReader packed(record);
    if (packed.u8() != 2) throw Corrupt("a link of an unknown format");
    packed.u8();     // kind
    packed.u8();     // who caused it
    packed.number(); // its end
    packed.number(); // its begin
    packed.u8();     // its mail
    packed.u8();     // the factors it is for
    const std::size_t tenant_size = packed.u8();
    const std::string_view ids = packed.rest();
    return {std::string(ids.substr(0, tenant_size)), std::string(ids.substr(tenant_size))};
}

void append_link(redis::Command& command, const Keys& keys, const LinkRef& link) {
    command.arg(keys.link(link.partition, link.id)).arg(keys.link_events(link.partition, link.id));
}

void append_policy(redis::Command& command, const domain::RatePolicy& policy) {
    command.arg(policy.period.count()).arg(policy.limit);
}

std::int64_t proof_age_ms() {
    return std::chrono::milliseconds(domain::proof_age).count();
}

} // namespace

Awaitable<std::optional<domain::UserRef>> LinkStore::owner(const LinkRef& link) const {
    redis::Command command("GET");
    command.arg(context_.keys().link(link.partition, link.id));
    const redis::Reply record = co_await context_.exec(command);
    if (record.is_nil()) co_return std::nullopt;
    co_return owner_of(record.text());
}

Awaitable<Link> LinkStore::read(
    const LinkRef& link, const domain::UserRef& user, unsigned tries) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::read_link, 5);
    command.arg(keys.user(user)).arg(keys.rules(link.partition, user.tenant));
    append_link(command, keys, link);
    command.arg(keys.fence(link.partition)).arg(link.id).arg(tries);
    const redis::Reply reply = co_await context_.eval(scripts::read_link, command);
    Link found;
    found.user = user;
    found.state = static_cast<LinkState>(reply.at(0).integer());
    found.kind = static_cast<LinkKind>(reply.at(1).integer());
    found.ends = platform::unix_millis(reply.at(2).integer());
    if (const auto packed = reply.at(3).integer(); packed != 0) found.mfa = decode_state(packed);
    if (const auto ends = reply.at(4).integer(); ends != 0)
        found.code_ends = platform::unix_millis(ends);
    found.mail = static_cast<LinkMail>(reply.at(5).integer());
    found.factors = domain::FactorSet::from_bits(static_cast<unsigned>(reply.at(6).integer()));
    constexpr int server = 2; // BY_SERVER of scripts/lib/link_record.lua
    found.by_server = reply.at(7).integer() == server;
    co_return found;
}

Awaitable<CodeSent> LinkStore::send_code(
    const LinkRef& link, const domain::UserRef& user, const CodeOrder& order) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::send_code, 6);
    command.arg(keys.user(user)).arg(keys.rules(link.partition, user.tenant));
    append_link(command, keys, link);
    command.arg(keys.due(link.partition, MailClass::code)).arg(keys.fence(link.partition));
    command.arg(link.id).arg(order.digest).arg(order.lifetime.count()).arg(order.tries);
    append_policy(command, order.gap);
    append_policy(command, order.budget);
    command.arg(order.job).arg(static_cast<int>(order.asker)).arg(proof_age_ms());
    const redis::Reply reply = co_await context_.eval(scripts::send_code, command);
    CodeSent sent;
    sent.state = static_cast<LinkState>(reply.at(0).integer());
    sent.ends = platform::unix_millis(reply.at(1).integer());
    sent.retry_after = std::chrono::ceil<std::chrono::milliseconds>(
        std::chrono::microseconds{reply.at(2).integer()});
    co_return sent;
}

Awaitable<CodeChecked> LinkStore::verify_code(
    const LinkRef& link, const domain::UserRef& user, const CodeCheck& check) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::verify_code, 7);
    command.arg(keys.user(user)).arg(keys.rules(link.partition, user.tenant));
    append_link(command, keys, link);
    command.arg(keys.fence(link.partition)).arg(keys.audit(link.partition));
    command.arg(keys.due(link.partition, MailClass::notice));
    command.arg(link.id).arg(check.tries);
    command.arg(audit_context(context_, user, {Actor::user, check.public_id}));
    command.arg(static_cast<int>(check.asker)).arg(proof_age_ms()).arg(check.notice);
    for (const std::string& digest : check.digests)
        command.arg(digest);
    const redis::Reply reply = co_await context_.eval(scripts::verify_code, command);
    CodeChecked checked;
    checked.state = static_cast<LinkState>(reply.at(0).integer());
    checked.tries_left = static_cast<unsigned>(reply.at(1).integer());
    if (checked.state == LinkState::open) checked.after = decode_state(reply.at(2).integer());
    co_return checked;
}

} // namespace mfad::store
