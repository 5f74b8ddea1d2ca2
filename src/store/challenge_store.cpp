#include "mfad/store/challenge_store.hpp"

#include "audit.hpp"
#include "decode.hpp"
#include "scripts.hpp"

#include <algorithm>

namespace mfad::store {
namespace {

using domain::ChallengeState;
using domain::FactorSet;
using domain::FactorType;
using runtime::Awaitable;

int bit(FactorType factor) {
    return static_cast<int>(factor);
}

void append_policy(redis::Command& command, const domain::RatePolicy& policy) {
    command.arg(policy.period.count()).arg(policy.limit);
}

/// The keys of an attempt (scripts/lib/attempt.lua).
constexpr std::size_t attempt_keys = 7;

void append_keys(redis::Command& command, const Keys& keys, const ChallengeRef& challenge) {
    const unsigned partition = keys.partition(challenge.user);
    command.arg(keys.user(partition, challenge.user))
        .arg(keys.rules(partition, challenge.user.tenant));
    command.arg(keys.challenge(partition, challenge.id)).arg(keys.devices(challenge.user));
    command.arg(keys.fence(partition)).arg(keys.audit(partition));
    command.arg(keys.due(partition, MailClass::notice));
}

/// The notices of a spent budget, as scripts/lib/attempt.lua unpacks them.
std::string pack_notices(const AttemptNotices& notices) {
    platform::PackedWriter packed;
    packed.text(notices.factor_disabled).text(notices.device_revoked);
    return std::move(packed).bytes();
}

/// Who passes a challenge is its user; the address that the host saw lies with the challenge.
std::string attempt_audit(const Context& context, const ChallengeRef& challenge) {
    return audit_context(context, challenge.user, {Actor::user, challenge.id});
}

/// The call of `verify_challenge.lua`, up to what was typed.
redis::Command verification(
    const Context& context, const ChallengeRef& challenge, FactorType factor, unsigned tries,
    const AttemptNotices& notices) {
    redis::Command command = redis::Command::eval(scripts::verify_challenge, attempt_keys);
    append_keys(command, context.keys(), challenge);
    command.arg(bit(factor)).arg(tries).arg(notices.code_used).arg(pack_notices(notices));
    command.arg(attempt_audit(context, challenge));
    return command;
}

Attempt attempt_of(const redis::Reply& reply) {
    Attempt attempt;
    attempt.state = static_cast<ChallengeState>(reply.at(0).integer());
    attempt.now = platform::unix_millis(reply.at(1).integer());
    attempt.tries_left = static_cast<unsigned>(std::max<std::int64_t>(0, reply.at(2).integer()));
    attempt.wait = std::chrono::milliseconds{reply.at(3).integer()};
    return attempt;
}

} // namespace

Awaitable<ChallengeOpened> ChallengeStore::open(
    const ChallengeRef& challenge, const ChallengeOrder& order) const {
    redis::Command command = redis::Command::eval(scripts::open_challenge, attempt_keys);
    append_keys(command, context_.keys(), challenge);
    command.arg(challenge.user.tenant).arg(challenge.user.user).arg(order.lifetime.count());
    command.arg(order.wanted.bits()).arg(order.too_weak.bits()).arg(order.address);
    const DeviceToken device = order.device.value_or(DeviceToken());
    command.arg(device.id).arg(device.generation).arg(order.stolen_notice);
    command.arg(attempt_audit(context_, challenge)).arg(order.recovers ? 1 : 0);
    for (const std::string& field : order.fields)
        command.arg(field);
    const redis::Reply reply = co_await context_.eval(scripts::open_challenge, command);
    ChallengeOpened opened;
    opened.outcome = static_cast<ChallengeOpened::Outcome>(reply.at(0).integer());
    opened.factors = FactorSet::from_bits(static_cast<unsigned>(reply.at(1).integer()));
    opened.ends = platform::unix_millis(reply.at(2).integer());
    opened.device = static_cast<DeviceState>(reply.at(3).integer());
    opened.device_generation = static_cast<std::uint32_t>(reply.at(4).integer());
    for (std::size_t i = 5; i < reply.size(); ++i)
        opened.fields.emplace_back(reply.at(i).text_or_nil().value_or(""));
    co_return opened;
}

Awaitable<ChallengeCodeSent> ChallengeStore::send_code(
    const ChallengeRef& challenge, const ChallengeCodeOrder& order) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::send_challenge_code, attempt_keys + 1);
    append_keys(command, keys, challenge);
    command.arg(keys.due(keys.partition(challenge.user), MailClass::code));
    command.arg(order.digest).arg(order.lifetime.count()).arg(tries_);
    append_policy(command, order.gap);
    append_policy(command, order.budget);
    command.arg(order.job).arg(order.job_id);
    const redis::Reply reply = co_await context_.eval(scripts::send_challenge_code, command);
    ChallengeCodeSent sent;
    sent.state = static_cast<ChallengeState>(reply.at(0).integer());
    sent.ends = platform::unix_millis(reply.at(1).integer());
    sent.retry_after = std::chrono::milliseconds{reply.at(2).integer()};
    co_return sent;
}

Awaitable<SealedFields> ChallengeStore::read_sealed(
    const domain::UserRef& user, std::span<const std::string> fields) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::read_sealed, 2);
    command.arg(keys.user(user)).arg(keys.fence(keys.partition(user)));
    for (const std::string& field : fields)
        command.arg(field);
    const redis::Reply reply = co_await context_.eval(scripts::read_sealed, command);
    SealedFields read;
    read.now = platform::unix_millis(reply.at(0).integer());
    read.fence = platform::unix_millis(reply.at(1).integer());
    for (std::size_t i = 0; i < fields.size(); ++i)
        read.fields.emplace_back(reply.at(2 + i).text_or_nil().value_or(""));
    co_return read;
}

Awaitable<Attempt> ChallengeStore::verify(
    const ChallengeRef& challenge, const Compared& compared, const AttemptNotices& notices) const {
    redis::Command command = verification(context_, challenge, FactorType::totp, tries_, notices);
    command.arg(compared.sealed_key).arg(static_cast<int>(compared.found)).arg(compared.step);
    const redis::Reply reply = co_await context_.eval(scripts::verify_challenge, command);
    co_return attempt_of(reply);
}

Awaitable<Attempt> ChallengeStore::verify(
    const ChallengeRef& challenge, FactorType factor, std::span<const std::string> digests,
    const AttemptNotices& notices) const {
    redis::Command command = verification(context_, challenge, factor, tries_, notices);
    for (const std::string& digest : digests)
        command.arg(digest);
    const redis::Reply reply = co_await context_.eval(scripts::verify_challenge, command);
    co_return attempt_of(reply);
}

Awaitable<AttemptBegun> ChallengeStore::begin(
    const ChallengeRef& challenge, FactorType factor, const std::string& attempt_id,
    std::chrono::milliseconds mark, std::span<const std::string> fields,
    const AttemptNotices& notices) const {
    redis::Command command = redis::Command::eval(scripts::begin_attempt, attempt_keys);
    append_keys(command, context_.keys(), challenge);
    command.arg(bit(factor)).arg(tries_).arg(attempt_id).arg(mark.count());
    command.arg(pack_notices(notices)).arg(attempt_audit(context_, challenge));
    for (const std::string& field : fields)
        command.arg(field);
    const redis::Reply reply = co_await context_.eval(scripts::begin_attempt, command);
    AttemptBegun begun;
    begun.attempt = attempt_of(reply);
    begun.fence = platform::unix_millis(reply.at(4).integer());
    if (begun.attempt.state != ChallengeState::open) co_return begun;
    for (std::size_t i = 0; i < fields.size(); ++i)
        begun.fields.emplace_back(reply.at(5 + i).text_or_nil().value_or(""));
    co_return begun;
}

Awaitable<Attempt> ChallengeStore::finish(
    const ChallengeRef& challenge, FactorType factor, const std::string& attempt_id, Found found,
    const FieldValues& values, const AttemptNotices& notices) const {
    redis::Command command = redis::Command::eval(scripts::finish_attempt, attempt_keys);
    append_keys(command, context_.keys(), challenge);
    command.arg(bit(factor)).arg(tries_).arg(attempt_id).arg(static_cast<int>(found));
    command.arg(pack_notices(notices)).arg(attempt_audit(context_, challenge));
    command.arg(notices.code_used);
    for (const auto& [field, value] : values)
        command.arg(field).arg(value);
    const redis::Reply reply = co_await context_.eval(scripts::finish_attempt, command);
    co_return attempt_of(reply);
}

Awaitable<std::optional<ChallengeRecord>> ChallengeStore::read(
    unsigned partition, const std::string& id) const {
    redis::Command fence_command("GET");
    fence_command.arg(context_.keys().fence(partition));
    redis::Command command("HMGET");
    command.arg(context_.keys().challenge(partition, id));
    for (const char* field : {"t", "u", "f", "x", "w", "d", "n", "m", "b", "a"})
        command.arg(field);
    const auto [fence, fields] = co_await context_.exec(fence_command, command);
    if (fields.at(0).is_nil() || fields.at(3).is_nil()) co_return std::nullopt;
    const auto number = [&](const redis::ReplyView& value) {
        return value.is_nil() ? 0 : decode_integer(value.text());
    };
    ChallengeRecord record;
    record.user.tenant = fields.at(0).text();
    record.user.user = fields.at(1).text();
    record.factors = FactorSet::from_bits(static_cast<unsigned>(number(fields.at(2))));
    record.ends = platform::unix_millis(number(fields.at(3)));
    record.wrong_tries = static_cast<unsigned>(number(fields.at(4)));
    if (const auto passed = number(fields.at(5)); passed != 0)
        record.passed = platform::unix_millis(passed);
    record.codes_sent = static_cast<unsigned>(number(fields.at(6)));
    record.mail = static_cast<CodeMail>(number(fields.at(7)));
    record.code_address = fields.at(9).text_or_nil().value_or("");
    record.fenced = number(fields.at(8)) < number(fence.view());
    co_return record;
}

Awaitable<std::optional<ChallengeRecord>> ChallengeStore::read(
    const domain::UserRef& user, const std::string& id) const {
    return read(context_.keys().partition(user), id);
}

} // namespace mfad::store
