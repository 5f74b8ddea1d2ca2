#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/domain/refusal.hpp"
#include "mfad/platform/clock.hpp"
#include "mfad/platform/place.hpp"
#include "mfad/service/factor_view.hpp"
#include "mfad/store/factor_store.hpp"

#include <string>
#include <string_view>

/// What the services that bind and remove factors have in common.
namespace mfad::service {

/// Where a sealed field of a user's record belongs.
platform::Place factor_place(const domain::UserRef& user, std::string_view field);

platform::UnixMillis time_of(std::int64_t millis);

/// Why a change of factors was not made.
domain::Refusal refusal_of(store::FactorStatus status);

/// Whether fresh proof counts for a change that he asks for.
bool is_bound_by_proof(Asker asker);
/// Who did it, for the audit.
store::Actor actor_of(Asker asker);

/// Whether a factor that is bound now is worth more than AAL1: the first such is, and one that
/// follows a fresh proof. @param last_proof by more than a code by mail, ms; empty for never
bool is_strong(
    const std::string& packed_settings, const std::string& last_proof, platform::UnixMillis now);

/// Fields of a user's record: failures in a row of a type, and its attempt in flight.
std::string failures_field(domain::FactorType type);
std::string mark_field(domain::FactorType type);

/// Failures in a row, as lib/budget.lua packs them.
unsigned failures_of(const std::string& field);

} // namespace mfad::service
