#include "mfad/store/link_store.hpp"

#include "decode.hpp"
#include "scripts.hpp"

namespace mfad::store {
namespace {

using runtime::Awaitable;

platform::UnixMillis time_of(std::int64_t millis) {
    return platform::UnixMillis{std::chrono::milliseconds{millis}};
}

void append_policy(redis::Command& command, const domain::RatePolicy& policy) {
    command.arg(policy.period.count()).arg(policy.limit);
}

} // namespace

Awaitable<std::optional<domain::UserRef>> LinkStore::owner(const LinkRef& link) const {
    redis::Command command("HMGET");
    command.arg(context_.keys().link(link.partition, link.id)).arg("t").arg("u");
    const redis::Reply fields = co_await context_.exec(command);
    if (fields.at(0).is_nil() || fields.at(1).is_nil()) co_return std::nullopt;
    domain::UserRef user;
    user.tenant = fields.at(0).text();
    user.user = fields.at(1).text();
    co_return user;
}

Awaitable<Link> LinkStore::read(
    const LinkRef& link, const domain::UserRef& user, unsigned tries) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::read_link, 3);
    command.arg(keys.user(user)).arg(keys.rules(link.partition, user.tenant));
    command.arg(keys.link(link.partition, link.id)).arg(link.id).arg(tries);
    const redis::Reply reply = co_await context_.eval(scripts::read_link, command);
    Link found;
    found.user = user;
    found.state = static_cast<LinkState>(reply.at(0).integer());
    found.kind = static_cast<LinkKind>(reply.at(1).integer());
    found.ends = time_of(reply.at(2).integer());
    if (const auto packed = reply.at(3).integer(); packed != 0) found.mfa = decode_state(packed);
    if (const auto ends = reply.at(4).integer(); ends != 0) found.code_ends = time_of(ends);
    found.mail = static_cast<LinkMail>(reply.at(5).integer());
    found.factors = domain::FactorSet::from_bits(static_cast<unsigned>(reply.at(6).integer()));
    co_return found;
}

Awaitable<CodeSent> LinkStore::send_code(
    const LinkRef& link, const domain::UserRef& user, const CodeOrder& order) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::send_code, 4);
    command.arg(keys.user(user)).arg(keys.rules(link.partition, user.tenant));
    command.arg(keys.link(link.partition, link.id));
    command.arg(keys.due(link.partition, MailClass::code));
    command.arg(link.id).arg(order.digest).arg(order.lifetime.count()).arg(order.tries);
    append_policy(command, order.gap);
    append_policy(command, order.budget);
    command.arg(order.job);
    const redis::Reply reply = co_await context_.eval(scripts::send_code, command);
    CodeSent sent;
    sent.state = static_cast<LinkState>(reply.at(0).integer());
    sent.ends = time_of(reply.at(1).integer());
    sent.retry_after = std::chrono::ceil<std::chrono::milliseconds>(
        std::chrono::microseconds{reply.at(2).integer()});
    co_return sent;
}

Awaitable<CodeChecked> LinkStore::verify_code(
    const LinkRef& link, const domain::UserRef& user, std::span<const std::string> digests,
    unsigned tries) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::verify_code, 3);
    command.arg(keys.user(user)).arg(keys.rules(link.partition, user.tenant));
    command.arg(keys.link(link.partition, link.id)).arg(link.id).arg(tries);
    for (const std::string& digest : digests)
        command.arg(digest);
    const redis::Reply reply = co_await context_.eval(scripts::verify_code, command);
    CodeChecked checked;
    checked.state = static_cast<LinkState>(reply.at(0).integer());
    checked.tries_left = static_cast<unsigned>(reply.at(1).integer());
    if (checked.state == LinkState::open) checked.after = decode_state(reply.at(2).integer());
    co_return checked;
}

} // namespace mfad::store
