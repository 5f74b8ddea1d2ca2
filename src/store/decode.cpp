#include "decode.hpp"

#include <charconv>

namespace mfad::store {
namespace {

constexpr std::int64_t replayed_mark = -1;
constexpr std::uint8_t outdated = 255; // set_tenant.lua

/// The rest of an idempotency record: length and bytes of the outcome, then the supplement.
ScriptOutcome decode_record(std::string_view record) {
    platform::PackedReader packed(record);
    ScriptOutcome outcome;
    outcome.replay = Replay::replayed;
    outcome.outcome = packed.text();
    outcome.supplement = packed.rest();
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
    ScriptOutcome outcome;
    if (!reply.is_array()) {
        outcome.outcome = reply.text();
        return outcome;
    }
    if (reply.at(0).integer() == replayed_mark) return decode_record(reply.at(1).text());
    outcome.replay = Replay::key_reused;
    return outcome;
}

TenantOutcome decode_tenant_outcome(const redis::Reply& reply) {
    const ScriptOutcome decoded = decode_outcome(reply);
    TenantOutcome outcome;
    outcome.replay = decoded.replay;
    if (decoded.replay == Replay::key_reused) return outcome;
    const std::uint8_t status = platform::PackedReader(decoded.outcome).u8();
    outcome.outdated = status == outdated;
    if (!outcome.outdated) outcome.status = static_cast<domain::ChangeStatus>(status);
    return outcome;
}

domain::MfaState decode_state(std::int64_t packed) {
    const auto state = domain::unpack_state(static_cast<std::uint32_t>(packed));
    if (!state) throw Corrupt("settings of an unknown format");
    return *state;
}

domain::RateVerdict decode_verdict(platform::PackedReader& packed) {
    const auto micros = [&packed] {
        return std::chrono::microseconds{static_cast<std::int64_t>(packed.number())};
    };
    domain::RateVerdict verdict;
    verdict.allowed = packed.u8() != 0;
    verdict.remaining = packed.u32();
    verdict.retry_after = micros();
    verdict.reset = micros();
    return verdict;
}

std::optional<platform::UnixMillis> time_or_none(double millis) {
    if (millis <= 0) return std::nullopt;
    return platform::unix_millis(static_cast<std::int64_t>(millis));
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
    user.last_auth_time = time_or_none(static_cast<double>(field(fields, 3)));
    return user;
}

} // namespace mfad::store
