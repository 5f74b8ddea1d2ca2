#pragma once

#include "mfad/domain/settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace mfad::domain {

/// How old the last second factor may be for a change that weakens an account (docs/dialects.md,
/// "Weakening asks for proof").
inline constexpr std::chrono::seconds proof_age{600};

/// A change of settings as data, so that one script can apply any of them to the stored state: bits
/// to set and clear, and what must hold for it. A dialect's command becomes one of these; the rules
/// are the same for all dialects.
struct SettingsChange {
    enum class Restriction : std::uint8_t { keep = 0, clear = 1, set = 2 };
    enum class Proof : std::uint8_t {
        none,        ///< a server's or a dealer's credential: exempt
        when_active, ///< the user's own credential: fresh proof if factors are active and what is
                     ///< enabled changes
        always,      ///< Rebilly's DELETE
    };
    enum class Link : std::uint8_t {
        none,
        if_unenrolled, ///< when a factor that is switched on cannot be used yet
        always, ///< Rebilly's POST: leads to enrollment, or to verification while MFA is active
    };

    FactorSet allowed_mask;  ///< which bits of `allowed` are replaced
    FactorSet allowed_value; ///< by what
    FactorSet enable;
    FactorSet disable;
    Restriction change_restricted = Restriction::keep;
    bool remove_factors =
        false; ///< unbinds all built-in factors and forgets the last authentication

    FactorSet must_be_allowed;    ///< refused unless all are allowed after the change
    bool must_allow_any = false;  ///< refused when nothing is allowed
    bool if_unrestricted = false; ///< refused for a restricted user (his own credential) …
    bool unless_active = false;   ///< … but not while his MFA is active
    bool if_different = false;    ///< refused when Xsolla's view of the user stays as it is
    bool if_enabled = false;      ///< refused when nothing is asked of the user
    bool if_internal = false;     ///< refused when Duo is asked of him: it is reset at the provider
    Proof proof = Proof::none;
    Link link = Link::none;
    bool by_server = false; ///< caused by a server's or a dealer's credential: such a link holds
                            ///< for restricted users
    bool mails_link = true; ///< whether a link goes out by mail; else the answer alone has it
    FactorSet link_factors; ///< what the link is for; empty: whatever is allowed
};

/// What became of a change. The values are the scripts' (`change_settings.lua`).
enum class ChangeStatus : std::uint8_t {
    done = 0,
    no_such_tenant = 1,
    no_such_user = 2,
    too_many = 3,
    restricted = 4,
    nothing_enabled = 5,
    external_factor = 6,
    not_allowed = 7,
    unchanged = 8,
    proof_too_old = 9,
};

struct ChangeDecision {
    ChangeStatus status = ChangeStatus::done;
    User after; ///< folded, and changed when `done`
};

/// Decides a change for one user: the reference of `change_settings.lua`, which a property test
/// holds against it.
/// @param now the store's clock
ChangeDecision decide(
    const User& user, const TenantRules& rules, const SettingsChange& change,
    platform::UnixMillis now);

} // namespace mfad::domain
