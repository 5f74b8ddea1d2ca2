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

/// Why a change of factors was not made.
domain::Refusal refusal_of(store::FactorStatus status);

/// Notes in an order who asks for it: what counts against him, and who is told to have done it.
void set_asker(store::FactorOrder& order, Asker asker);
void set_asker(store::RemovalOrder& order, Asker asker);

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
