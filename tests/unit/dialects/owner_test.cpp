#include "mfad/dialects/dialect.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::dialects;

BOOST_AUTO_TEST_SUITE(owner_tests)

// docs/dialects.md, "Which path is whose".
BOOST_AUTO_TEST_CASE(the_first_segment_tells_whose_a_path_is) {
    const std::pair<const char*, const Dialect*> owners[] = {
        {"/projects/acme/users/1/mfa", &xsolla()},
        {"/projects", &xsolla()},
        {"/otp/start", &xsolla()},
        {"/users/me", &xsolla()},
        {"/users/me/totp", &xsolla()},
        {"/api/profile/mfa", &xsolla()},
        {"/api", &xsolla()},
        {"/profile/mfa", &rebilly()},
        {"/users/42/mfa", &rebilly()},
        {"/users/me2/mfa", &rebilly()},
        {"/users", &rebilly()},
        {"/organizations/acme/users/me/mfa", &rebilly()},
        {"/organizations/acme/accounts", &rebilly()},
        {"/accounts/mfa-settings", &quiva()},
        {"/accounts", &quiva()},
        {"/panel/user/mfa/settings/update/", &navixy()},
        {"/user/mfa/settings/update", &navixy()},
        {"/user", &navixy()},
        {"/v2/panel/account/auth", &navixy()},
        {"/v2/projects", &navixy()},
        {"/v2", &navixy()},
        {"/", &native()},
        {"/v1/users/1/mfa", &native()},
        {"/enroll/", &native()},
        {"/Projects/acme", &native()},
        {"/projectsx", &native()},
        {"//projects", &native()},
        {"/nothing", &native()},
    };
    for (const auto& [path, owner] : owners)
        BOOST_TEST((&owner_of(path) == owner), path);
}

BOOST_AUTO_TEST_SUITE_END()
