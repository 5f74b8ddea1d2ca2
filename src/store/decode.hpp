#pragma once

#include "mfad/domain/rate_limit.hpp"
#include "mfad/domain/settings.hpp"
#include "mfad/redis/command.hpp"
#include "mfad/redis/reply.hpp"
#include "mfad/store/context.hpp"
#include "mfad/store/idempotency.hpp"
#include "mfad/store/settings_store.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// What Redis answers, as values of the domain. Whatever is not as the scripts write it is
/// `Corrupt`.
namespace mfad::store {

/// The numbers that a script of work answered, now or under the same idempotency key before.
struct ScriptOutcome {
    Replay replay = Replay::fresh;
    std::vector<std::int64_t> numbers; ///< at least one, unless the key was reused
    std::string supplement;
};
ScriptOutcome decode_outcome(const redis::Reply& reply);
TenantOutcome decode_tenant_outcome(const redis::Reply& reply);

domain::MfaState decode_state(std::int64_t packed);

/// From `at` on: allowed, remaining, retry us, reset us, for each policy.
std::vector<domain::RateVerdict> decode_verdicts(
    std::span<const std::int64_t> numbers, std::size_t at);

/// The fields of a tenant's rules, for an HMGET.
void append_rules_fields(redis::Command& command);
/// @return nothing when there is no such tenant
std::optional<domain::TenantRules> decode_rules(const redis::Reply& fields);

/// Of an HMGET of `s n v t`. @return nothing when there is no such user
std::optional<domain::User> decode_user(const redis::Reply& fields);

std::int64_t decode_integer(std::string_view text);

} // namespace mfad::store
