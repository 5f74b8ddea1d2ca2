#include "mfad/domain/settings.hpp"

#include <algorithm>

namespace mfad::domain {
namespace {

constexpr std::uint32_t restricted_bit = 1U << 24;
constexpr std::uint32_t own_bit = 1U << 25;
constexpr std::uint32_t address_bit = 1U << 26;
constexpr std::uint32_t format = 1U << 28;
constexpr std::uint32_t format_mask = 7U << 28;

void apply_default(Settings& settings, DefaultSetting value) {
    switch (value) {
    case DefaultSetting::none: return;
    case DefaultSetting::disallowed: settings.allowed = {}; return;
    case DefaultSetting::allowed_email:
        settings.allowed = settings.allowed | FactorType::email;
        settings.enabled = settings.enabled | FactorType::email;
        return;
    }
}

} // namespace

std::uint32_t Settings::pack() const {
    return std::uint32_t{allowed.bits()} | std::uint32_t{enabled.bits()} << 8 |
           std::uint32_t{enrolled.bits()} << 16 | (change_restricted ? restricted_bit : 0) |
           (own ? own_bit : 0) | (has_address ? address_bit : 0) | format;
}

std::optional<Settings> Settings::unpack(std::uint32_t packed) {
    if ((packed & format_mask) != format) return std::nullopt;
    Settings settings;
    settings.allowed = FactorSet::from_bits(packed & 255);
    settings.enabled = FactorSet::from_bits(packed >> 8 & 255);
    settings.enrolled = FactorSet::from_bits(packed >> 16 & 255);
    settings.change_restricted = (packed & restricted_bit) != 0;
    settings.own = (packed & own_bit) != 0;
    settings.has_address = (packed & address_bit) != 0;
    return settings;
}

User folded(User user, const TenantRules& rules) {
    Settings& settings = user.settings;
    // Only the order of the last `all` of each kind matters: a later disallowing one leaves nothing
    // of an earlier allowing one but that email is switched on.
    if (rules.disallowed_all > user.seen) settings.allowed = {};
    if (rules.allowed_all > user.seen) {
        settings.enabled = settings.enabled | FactorType::email;
        if (rules.allowed_all > rules.disallowed_all)
            settings.allowed = settings.allowed | FactorType::email;
    }
    const std::uint64_t newest = std::max(rules.allowed_all, rules.disallowed_all);
    if (newest > user.seen) {
        settings.own = true;
        user.seen = newest;
    }
    return user;
}

User overlaid(User user, const TenantRules& rules) {
    if (rules.default_applies_unset && !user.settings.own)
        apply_default(user.settings, rules.default_setting);
    return user;
}

User new_user(const TenantRules& rules) {
    User user;
    user.seen = std::max(rules.allowed_all, rules.disallowed_all);
    if (!rules.default_applies_unset) apply_default(user.settings, rules.default_setting);
    return user;
}

MfaState state_of(const User& user, const TenantRules& rules) {
    const User now = overlaid(folded(user, rules), rules);
    MfaState state;
    state.allowed = now.settings.allowed & rules.policy;
    state.enabled = now.settings.enabled;
    state.enrolled = now.settings.enrolled;
    if (now.settings.has_address && !rules.verified_addresses_only)
        state.enrolled = state.enrolled | FactorType::email;
    state.change_restricted = now.settings.change_restricted;
    state.version = now.version;
    state.last_auth_time = now.last_auth_time;
    return state;
}

std::optional<MfaState> unpack_state(std::uint32_t packed) {
    const std::optional<Settings> seen = Settings::unpack(packed);
    if (!seen) return std::nullopt;
    MfaState state;
    state.allowed = seen->allowed;
    state.enabled = seen->enabled;
    state.enrolled = seen->enrolled;
    state.change_restricted = seen->change_restricted;
    return state;
}

} // namespace mfad::domain
