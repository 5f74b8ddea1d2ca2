#include "mfad/domain/settings_change.hpp"

namespace mfad::domain {
namespace {

using Proof = SettingsChange::Proof;
using Restriction = SettingsChange::Restriction;

/// Whether he has proved of late who he is, with more than a code by mail if more is asked of him.
bool proved(const User& user, const MfaState& state, platform::UnixMillis now) {
    const FactorSet asked = state.required() & state.enrolled;
    const auto& last =
        asked.intersects(strong_factors) ? user.last_strong_auth_time : user.last_auth_time;
    return last && now - *last <= proof_age;
}

Settings changed(Settings settings, const SettingsChange& change) {
    settings.allowed = (settings.allowed - change.allowed_mask) | change.allowed_value;
    settings.enabled = (settings.enabled | change.enable) - change.disable;
    if (change.change_restricted != Restriction::keep)
        settings.change_restricted = change.change_restricted == Restriction::set;
    return settings;
}

bool same_for_xsolla(const MfaState& a, const MfaState& b) {
    return a.required().contains(FactorType::email) == b.required().contains(FactorType::email) &&
           a.change_restricted == b.change_restricted;
}

ChangeStatus check(
    const User& user, const Settings& after, const TenantRules& rules, const SettingsChange& change,
    platform::UnixMillis now) {
    const MfaState before = state_of(user, rules);
    User changed_user = user;
    changed_user.settings = after;
    const MfaState then = state_of(changed_user, rules);

    if (change.if_unrestricted && before.change_restricted &&
        !(change.unless_active && before.active()))
        return ChangeStatus::restricted;
    if (change.if_enabled && before.required().empty()) return ChangeStatus::nothing_enabled;
    if (change.if_internal && before.required().contains(FactorType::duo))
        return ChangeStatus::external_factor;
    if (!then.allowed.contains(change.must_be_allowed) ||
        (change.must_allow_any && then.allowed.empty()))
        return ChangeStatus::not_allowed;
    if (change.if_different && same_for_xsolla(before, then)) return ChangeStatus::unchanged;
    const bool needs_proof =
        change.proof == Proof::always || (change.proof == Proof::when_active && before.active() &&
                                          after.enabled != user.settings.enabled);
    if (needs_proof && !proved(user, before, now)) return ChangeStatus::proof_too_old;
    return ChangeStatus::done;
}

bool touches_settings(const SettingsChange& change) {
    return !change.allowed_mask.empty() || !change.enable.empty() || !change.disable.empty() ||
           change.change_restricted != Restriction::keep;
}

} // namespace

ChangeDecision decide(
    const User& user, const TenantRules& rules, const SettingsChange& change,
    platform::UnixMillis now) {
    ChangeDecision decision{ChangeStatus::done, folded(user, rules)};
    const User seen = overlaid(decision.after, rules);
    Settings after = changed(seen.settings, change);
    after.own = after.own || touches_settings(change);
    decision.status = check(seen, after, rules, change, now);
    if (decision.status != ChangeStatus::done) return decision;

    if (!touches_settings(change)) after = decision.after.settings;
    if (change.remove_factors) {
        after.enrolled = {};
        decision.after.last_auth_time.reset();
        decision.after.last_strong_auth_time.reset();
    }
    if (after != user.settings) ++decision.after.version;
    decision.after.settings = after;
    return decision;
}

} // namespace mfad::domain
