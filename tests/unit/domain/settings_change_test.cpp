#include "mfad/domain/settings_change.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::domain;
using namespace std::chrono_literals;
using mfad::platform::UnixMillis;
using Status = ChangeStatus;

namespace {

constexpr FactorSet none{};
constexpr FactorSet email = FactorType::email;
constexpr FactorSet totp = FactorType::totp;
const UnixMillis now{1'800'000'000'000ms};

/// A user with an address whom email is asked of, and his tenant.
struct Scene {
    User user;
    TenantRules rules;

    Scene() {
        rules.policy = email | totp | FactorType::duo;
        user.settings.enabled = email;
        user.settings.has_address = true;
    }
    ChangeDecision after(const SettingsChange& change) const {
        return decide(user, rules, change, now);
    }
    Status status(const SettingsChange& change) const { return after(change).status; }
};

SettingsChange enable(FactorSet factors) {
    SettingsChange c;
    c.enable = factors;
    c.must_be_allowed = factors;
    return c;
}

SettingsChange disable(FactorSet factors) {
    SettingsChange c;
    c.disable = factors;
    return c;
}

} // namespace

BOOST_AUTO_TEST_SUITE(settings_change_tests)

BOOST_AUTO_TEST_CASE(a_change_replaces_sets_and_clears) {
    Scene scene;
    SettingsChange change;
    change.allowed_mask = email;
    change.enable = totp;
    change.disable = email;
    change.change_restricted = SettingsChange::Restriction::set;
    const auto decision = scene.after(change);
    BOOST_CHECK(decision.status == Status::done);
    BOOST_CHECK(decision.after.settings.allowed == FactorSet::all() - email);
    BOOST_CHECK(decision.after.settings.enabled == totp);
    BOOST_TEST(decision.after.settings.change_restricted);
    BOOST_TEST(decision.after.settings.own);
    BOOST_TEST(decision.after.version == scene.user.version + 1);
}

BOOST_AUTO_TEST_CASE(a_refused_change_changes_nothing) {
    Scene scene;
    const auto decision = scene.after(enable(FactorType::passkey));
    BOOST_CHECK(decision.status == Status::not_allowed);
    BOOST_CHECK(decision.after == scene.user);
}

BOOST_AUTO_TEST_CASE(a_factor_must_be_allowed_after_the_change) {
    Scene scene;
    scene.user.settings.allowed = none;
    BOOST_CHECK(scene.status(enable(email)) == Status::not_allowed);
    SettingsChange allowing = enable(email);
    allowing.allowed_mask = allowing.allowed_value = email;
    BOOST_CHECK(scene.status(allowing) == Status::done);
    scene.rules.policy = totp;
    BOOST_CHECK(scene.status(allowing) == Status::not_allowed);
    SettingsChange any;
    any.must_allow_any = true;
    BOOST_CHECK(scene.status(any) == Status::not_allowed);
}

BOOST_AUTO_TEST_CASE(restriction_binds_the_user_but_not_his_tenant) {
    Scene scene;
    scene.user.settings.change_restricted = true;
    SettingsChange own = disable(email);
    own.if_unrestricted = true;
    BOOST_CHECK(scene.status(own) == Status::restricted);
    BOOST_CHECK(scene.status(disable(email)) == Status::done);
    own.unless_active = true;
    BOOST_CHECK(scene.status(own) == Status::done);
    scene.user.settings.has_address = false; // no longer active
    BOOST_CHECK(scene.status(own) == Status::restricted);
}

BOOST_AUTO_TEST_CASE(xsolla_is_told_when_nothing_that_it_sees_would_change) {
    Scene scene;
    SettingsChange same = enable(email);
    same.if_different = true;
    BOOST_CHECK(scene.status(same) == Status::unchanged);
    same.change_restricted = SettingsChange::Restriction::set;
    BOOST_CHECK(scene.status(same) == Status::done);
    SettingsChange off = disable(email);
    off.if_different = true;
    BOOST_CHECK(scene.status(off) == Status::done);
    scene.user.settings.allowed = totp; // enabled but not allowed: it sees `enabled: false`
    BOOST_CHECK(scene.status(off) == Status::unchanged);
}

BOOST_AUTO_TEST_CASE(weakening_an_active_account_asks_for_a_proof_of_at_most_ten_minutes) {
    Scene scene;
    SettingsChange change = disable(email);
    change.proof = SettingsChange::Proof::when_active;
    BOOST_CHECK(scene.status(change) == Status::proof_too_old);
    scene.user.last_auth_time = now - 600s;
    BOOST_CHECK(scene.status(change) == Status::done);
    scene.user.last_auth_time = now - 600s - 1ms;
    BOOST_CHECK(scene.status(change) == Status::proof_too_old);

    SettingsChange nothing = enable(email); // it is on already
    nothing.proof = SettingsChange::Proof::when_active;
    BOOST_CHECK(scene.status(nothing) == Status::done);
    scene.user.settings.has_address = false; // not active: nothing to weaken
    BOOST_CHECK(scene.status(change) == Status::done);
    change.proof = SettingsChange::Proof::always;
    BOOST_CHECK(scene.status(change) == Status::proof_too_old);
}

BOOST_AUTO_TEST_CASE(a_code_by_mail_does_not_weaken_what_is_stronger) {
    Scene scene;
    SettingsChange change = disable(totp);
    change.proof = SettingsChange::Proof::when_active;
    scene.user.settings.enabled = email | totp;
    scene.user.settings.enrolled = email | totp;
    scene.user.last_auth_time = now;
    BOOST_CHECK(scene.status(change) == Status::proof_too_old);
    scene.user.last_strong_auth_time = now - 600s;
    BOOST_CHECK(scene.status(change) == Status::done);
    scene.user.last_strong_auth_time = now - 600s - 1ms;
    BOOST_CHECK(scene.status(change) == Status::proof_too_old);
    scene.user.settings.enrolled = email; // nothing else could be asked of him
    BOOST_CHECK(scene.status(change) == Status::done);
}

BOOST_AUTO_TEST_CASE(removing_factors_forgets_the_proof_too) {
    Scene scene;
    scene.user.last_auth_time = scene.user.last_strong_auth_time = now;
    scene.user.settings.enrolled = email | totp;
    SettingsChange change = disable(FactorSet::all());
    change.remove_factors = change.if_enabled = change.if_internal = true;
    change.proof = SettingsChange::Proof::always;
    const auto decision = scene.after(change);
    BOOST_CHECK(decision.status == Status::done);
    BOOST_TEST(decision.after.settings.enrolled.empty());
    BOOST_TEST(decision.after.settings.enabled.empty());
    BOOST_CHECK(!decision.after.last_auth_time);
    BOOST_CHECK(!decision.after.last_strong_auth_time);

    scene.user.settings.enabled = FactorType::duo;
    BOOST_CHECK(scene.status(change) == Status::external_factor);
    scene.user.settings.enabled = none;
    BOOST_CHECK(scene.status(change) == Status::nothing_enabled);
}

BOOST_AUTO_TEST_CASE(a_default_laid_over_a_user_is_stored_only_with_a_setting_of_his_own) {
    Scene scene;
    scene.user.settings.enabled = none;
    scene.rules.default_applies_unset = true;
    scene.rules.default_setting = DefaultSetting::allowed_email;
    BOOST_CHECK(scene.after(SettingsChange{}).after == scene.user);

    const auto own = scene.after(enable(totp)).after;
    BOOST_CHECK(own.settings.enabled == (email | totp));
    scene.user = own;
    scene.rules.default_setting = DefaultSetting::disallowed;
    BOOST_CHECK(state_of(own, scene.rules).required() == (email | totp));
}

BOOST_AUTO_TEST_SUITE_END()
