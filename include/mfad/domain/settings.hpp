#pragma once

#include "mfad/domain/factor.hpp"
#include "mfad/platform/clock.hpp"

#include <cstdint>
#include <optional>

/// One state for every dialect: what is stored of a user, what holds for his tenant, and what
/// follows from both.
namespace mfad::domain {

/// What is stored of a user's MFA settings.
struct Settings {
    FactorSet allowed =
        FactorSet::all(); ///< what the tenant lets him use; `all` follows the tenant's policy
    FactorSet enabled;    ///< what is switched on
    FactorSet enrolled;   ///< what is bound; for email: the address was verified by us
    bool change_restricted = false; ///< he himself may not change his settings
    bool own = false;               ///< somebody has set something for him individually, or for all
    bool has_address = false;       ///< an email address is stored

    friend bool operator==(const Settings&, const Settings&) = default;

    /// As one integer: bits 0..7 allowed, 8..15 enabled, 16..23 enrolled, 24 change_restricted, 25
    /// own, 26 has_address, 28..30 the version of this format (1). The scripts read and write the
    /// same.
    std::uint32_t pack() const;
    /// Nothing for an integer of another version.
    static std::optional<Settings> unpack(std::uint32_t packed);
};

/// What the tenant's default says; Navixy's dialect is the one that can set it.
enum class DefaultSetting : std::uint8_t { none = 0, disallowed = 1, allowed_email = 2 };

/// What a partition's scripts know of a tenant.
struct TenantRules {
    FactorSet policy; ///< what the tenant allows at all
    DefaultSetting default_setting = DefaultSetting::none;
    std::uint64_t allowed_all = 0;    ///< number of the last `all` that allowed email; 0: never
    std::uint64_t disallowed_all = 0; ///< number of the last `all` that disallowed everything
    bool default_applies_unset =
        false; ///< the default holds for users without a setting of their own, not for new ones
    bool verified_addresses_only =
        false; ///< an address counts as enrolled only when verified by us

    friend bool operator==(const TenantRules&, const TenantRules&) = default;
};

/// A user's record, as far as settings go.
struct User {
    Settings settings;
    std::uint64_t seen = 0;    ///< the newest `all` that is folded into the settings
    std::uint64_t version = 0; ///< counts changes of the settings
    std::optional<platform::UnixMillis> last_auth_time;
    /// The same, but for codes by mail: they prove nothing where more is asked for.
    std::optional<platform::UnixMillis> last_strong_auth_time;

    friend bool operator==(const User&, const User&) = default;
};

/// The user as he stands after everything that his tenant did to all users since he was written.
/// The script library `settings.lua` does the same before each write.
User folded(User user, const TenantRules& rules);

/// A folded user as he is seen: with a default laid over him that holds for users without a setting
/// of their own. What is laid over is stored only once the setting has become his own.
User overlaid(User user, const TenantRules& rules);

/// The settings that a user starts with.
User new_user(const TenantRules& rules);

/// What every dialect shows, derived from a folded record and never stored.
struct MfaState {
    FactorSet allowed;  ///< policy ∩ the user's own
    FactorSet enabled;  ///< switched on, whether allowed or not
    FactorSet enrolled; ///< usable: bound, or provisioned by a tenant that vouches for addresses
    bool change_restricted = false;
    std::uint64_t version = 0;
    std::optional<platform::UnixMillis> last_auth_time;

    /// What sign-in asks for.
    FactorSet required() const { return enabled & allowed; }
    /// Whether sign-in can and will ask for something.
    bool active() const { return required().intersects(enrolled); }

    friend bool operator==(const MfaState&, const MfaState&) = default;
};

/// The state that a script saw and packed as `Settings` are; version and time come beside it.
std::optional<MfaState> unpack_state(std::uint32_t packed);

/// @param user folded or not
MfaState state_of(const User& user, const TenantRules& rules);

} // namespace mfad::domain
