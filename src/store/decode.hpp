#pragma once

#include "mfad/domain/rate_limit.hpp"
#include "mfad/domain/settings.hpp"
#include "mfad/platform/packed.hpp"
#include "mfad/redis/command.hpp"
#include "mfad/redis/reply.hpp"
#include "mfad/store/context.hpp"
#include "mfad/store/idempotency.hpp"
#include "mfad/store/settings_store.hpp"

#include <cstdint>
#include <optional>
#include <string>

/// What Redis answers, as values of the domain. Whatever is not as the scripts write it is
/// `Corrupt`.
namespace mfad::store {

/// What a script of work answered, now or under the same idempotency key before.
struct ScriptOutcome {
    Replay replay = Replay::fresh;
    std::string outcome; ///< packed; empty when the key was reused
    std::string supplement;
};
ScriptOutcome decode_outcome(const redis::Reply& reply);
TenantOutcome decode_tenant_outcome(const redis::Reply& reply);

domain::MfaState decode_state(std::int64_t packed);

/// B allowed, I4 remaining, d retry us, d reset us.
domain::RateVerdict decode_verdict(platform::PackedReader& packed);

/// A time in milliseconds since 1970, of which 0 is none.
std::optional<platform::UnixMillis> time_or_none(double millis);

/// The fields of a tenant's rules, for an HMGET.
void append_rules_fields(redis::Command& command);
/// @return nothing when there is no such tenant
std::optional<domain::TenantRules> decode_rules(const redis::Reply& fields);

/// Of an HMGET of `s n v t`. @return nothing when there is no such user
std::optional<domain::User> decode_user(const redis::Reply& fields);

std::int64_t decode_integer(std::string_view text);

} // namespace mfad::store
