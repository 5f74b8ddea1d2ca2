#include "decode.hpp"

#include <charconv>

namespace mfad::store {
namespace {

constexpr std::int64_t replayed_mark = -1;
constexpr std::int64_t reused_mark = -2;

/// `1 2 3\n<supplement>`, as the idempotency record keeps an outcome.
ScriptOutcome decode_record(std::string_view record) {
    ScriptOutcome outcome;
    outcome.replay = Replay::replayed;
    const auto end = record.find('\n');
    if (end == std::string_view::npos)
        throw Corrupt("idempotency record without its end of numbers");
    outcome.supplement = record.substr(end + 1);
    std::string_view numbers = record.substr(0, end);
    while (!numbers.empty()) {
        const auto space = std::min(numbers.find(' '), numbers.size());
        outcome.numbers.push_back(decode_integer(numbers.substr(0, space)));
        numbers.remove_prefix(std::min(space + 1, numbers.size()));
    }
    return outcome;
}

std::int64_t field(const redis::Reply& fields, std::size_t i) {
    const auto value = fields.at(i);
    return value.is_nil() ? 0 : decode_integer(value.text());
}

} // namespace

std::int64_t decode_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        throw Corrupt("a stored number is none");
    return value;
}

ScriptOutcome decode_outcome(const redis::Reply& reply) {
    const std::int64_t first = reply.at(0).integer();
    if (first == replayed_mark) {
        ScriptOutcome outcome = decode_record(reply.at(1).text());
        if (outcome.numbers.empty()) throw Corrupt("idempotency record without an outcome");
        return outcome;
    }
    ScriptOutcome outcome;
    if (first == reused_mark) {
        outcome.replay = Replay::key_reused;
        return outcome;
    }
    outcome.numbers.reserve(reply.size());
    for (std::size_t i = 0; i < reply.size(); ++i)
        outcome.numbers.push_back(reply.at(i).integer());
    return outcome;
}

TenantOutcome decode_tenant_outcome(const redis::Reply& reply) {
    const ScriptOutcome decoded = decode_outcome(reply);
    TenantOutcome outcome;
    outcome.replay = decoded.replay;
    if (decoded.replay != Replay::key_reused)
        outcome.status = static_cast<domain::ChangeStatus>(decoded.numbers[0]);
    return outcome;
}

domain::MfaState decode_state(std::int64_t packed) {
    const auto state = domain::unpack_state(static_cast<std::uint32_t>(packed));
    if (!state) throw Corrupt("settings of an unknown format");
    return *state;
}

std::vector<domain::RateVerdict> decode_verdicts(
    std::span<const std::int64_t> numbers, std::size_t at) {
    std::vector<domain::RateVerdict> verdicts;
    for (; at + 4 <= numbers.size(); at += 4)
        verdicts.push_back(
            {numbers[at] != 0, static_cast<std::uint32_t>(numbers[at + 1]),
             std::chrono::microseconds{numbers[at + 2]},
             std::chrono::microseconds{numbers[at + 3]}});
    return verdicts;
}

void append_rules_fields(redis::Command& command) {
    command.arg("p").arg("d").arg("a").arg("z").arg("o");
}

std::optional<domain::TenantRules> decode_rules(const redis::Reply& fields) {
    if (fields.at(0).is_nil()) return std::nullopt;
    domain::TenantRules rules;
    rules.policy = domain::FactorSet::from_bits(static_cast<unsigned>(field(fields, 0)));
    rules.default_setting = static_cast<domain::DefaultSetting>(field(fields, 1));
    rules.allowed_all = static_cast<std::uint64_t>(field(fields, 2));
    rules.disallowed_all = static_cast<std::uint64_t>(field(fields, 3));
    const auto options = field(fields, 4);
    rules.default_applies_unset = (options & 1) != 0;
    rules.verified_addresses_only = (options & 2) != 0;
    return rules;
}

std::optional<domain::User> decode_user(const redis::Reply& fields) {
    if (fields.at(0).is_nil()) return std::nullopt;
    const auto settings = domain::Settings::unpack(static_cast<std::uint32_t>(field(fields, 0)));
    if (!settings) throw Corrupt("settings of an unknown format");
    domain::User user;
    user.settings = *settings;
    user.seen = static_cast<std::uint64_t>(field(fields, 1));
    user.version = static_cast<std::uint64_t>(field(fields, 2));
    if (const auto millis = field(fields, 3); millis > 0)
        user.last_auth_time = platform::UnixMillis{std::chrono::milliseconds{millis}};
    return user;
}

} // namespace mfad::store
