#include "mfad/domain/settings.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::domain;

namespace {

TenantRules rules(FactorSet policy = FactorSet::all()) {
    TenantRules r;
    r.policy = policy;
    return r;
}

User user(FactorSet allowed, FactorSet enabled) {
    User u;
    u.settings.allowed = allowed;
    u.settings.enabled = enabled;
    return u;
}

constexpr FactorSet none{};
constexpr FactorSet email = FactorType::email;
constexpr FactorSet totp = FactorType::totp;

} // namespace

BOOST_AUTO_TEST_SUITE(settings_tests)

BOOST_AUTO_TEST_CASE(settings_survive_packing) {
    for (unsigned bits = 0; bits < 64; ++bits) {
        Settings s;
        s.allowed = FactorSet::from_bits(bits);
        s.enabled = FactorSet::from_bits(bits * 7);
        s.enrolled = FactorSet::from_bits(bits * 13);
        s.change_restricted = bits % 2 == 0;
        s.own = bits % 3 == 0;
        s.has_address = bits % 5 == 0;
        BOOST_CHECK(Settings::unpack(s.pack()) == s);
    }
    BOOST_CHECK(!Settings::unpack(0));
    BOOST_CHECK(!Settings::unpack(Settings{}.pack() | 2U << 28));
}

BOOST_AUTO_TEST_CASE(what_is_asked_for_is_enabled_and_allowed_by_user_and_tenant) {
    const auto state = state_of(user(email | totp, email | totp), rules(email));
    BOOST_CHECK(state.allowed == email);
    BOOST_CHECK(state.required() == email);
    BOOST_TEST(!state.active()); // nothing is enrolled
}

BOOST_AUTO_TEST_CASE(a_provisioned_address_counts_unless_the_tenant_wants_it_verified) {
    User u = user(email, email);
    u.settings.has_address = true;
    TenantRules r = rules();
    BOOST_TEST(state_of(u, r).active());
    r.verified_addresses_only = true;
    BOOST_TEST(!state_of(u, r).active());
    u.settings.enrolled = email;
    BOOST_TEST(state_of(u, r).active());
}

BOOST_AUTO_TEST_CASE(a_newer_all_reaches_a_user_once) {
    TenantRules r = rules();
    r.allowed_all = 5;
    const User before = user(totp, none);
    const User after = folded(before, r);
    BOOST_CHECK(after.settings.allowed == (email | totp));
    BOOST_CHECK(after.settings.enabled == email);
    BOOST_TEST(after.seen == 5U);

    User later = after; // his own, later setting
    later.settings.enabled = none;
    BOOST_CHECK(folded(later, r) == later);
}

BOOST_AUTO_TEST_CASE(only_the_order_of_the_last_of_each_kind_matters) {
    TenantRules r = rules();
    r.disallowed_all = 6;
    r.allowed_all = 7;
    BOOST_CHECK(folded(user(totp, none), r).settings.allowed == email);
    r.disallowed_all = 8;
    const User u = folded(user(totp, totp), r);
    BOOST_TEST(u.settings.allowed.empty());
    BOOST_CHECK(
        u.settings.enabled ==
        (email | totp)); // switched on by 7, asked for once it is allowed again
    BOOST_TEST(u.seen == 8U);
}

BOOST_AUTO_TEST_CASE(folding_step_by_step_or_at_once_ends_alike) {
    // Every history of five tenant-wide writes, folded after each step or only at the end.
    for (unsigned history = 0; history < 32; ++history) {
        TenantRules r = rules();
        const User start = user(totp, totp);
        User stepwise = start;
        for (unsigned i = 0; i < 5; ++i) {
            (history >> i & 1 ? r.allowed_all : r.disallowed_all) = i + 1;
            stepwise = folded(stepwise, r);
        }
        BOOST_CHECK(folded(start, r) == stepwise);
    }
}

BOOST_AUTO_TEST_CASE(a_default_is_copied_to_new_users_or_laid_over_those_without_a_setting) {
    TenantRules r = rules();
    r.allowed_all = 3;
    r.default_setting = DefaultSetting::disallowed;
    BOOST_TEST(new_user(r).settings.allowed.empty());
    BOOST_TEST(new_user(r).seen == 3U); // the `all` before his time is not for him
    BOOST_CHECK(state_of(user(email, email), r).allowed == email);

    r.allowed_all = 0;
    r.default_applies_unset = true;
    BOOST_CHECK(new_user(r).settings.allowed == FactorSet::all());
    BOOST_TEST(state_of(new_user(r), r).allowed.empty());
    r.default_setting = DefaultSetting::allowed_email;
    BOOST_CHECK(state_of(new_user(r), r).required() == email);
    User own = new_user(r);
    own.settings.own = true;
    BOOST_TEST(state_of(own, r).required().empty());
}

BOOST_AUTO_TEST_SUITE_END()
