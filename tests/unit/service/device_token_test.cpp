#include "mfad/service/device_token.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad;
using service::device_token;
using service::open_device_token;

namespace {

const domain::UserRef ada{"acme", "ada"};
const store::DeviceToken laptop{"3q2-7wAAAAA", 7};

service::Vault new_vault() {
    return service::Vault(platform::KeyRing::generate(platform::wall_now()));
}

} // namespace

BOOST_AUTO_TEST_SUITE(device_token_tests)

BOOST_AUTO_TEST_CASE(a_token_says_which_device_and_generation_to_its_server_alone) {
    service::Vault vault = new_vault();
    const std::string token = device_token(laptop, ada, vault);
    BOOST_TEST(token.size() <= 64U); // a cookie, and `device` of a challenge (128)
    BOOST_TEST(token.find("3q2") == std::string::npos);
    const auto opened = open_device_token(token, ada, vault);
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST(opened->id == "3q2-7wAAAAA");
    BOOST_TEST(opened->generation == 7U);
    service::Vault other = new_vault();
    BOOST_TEST(!open_device_token(token, ada, other).has_value());
}

BOOST_AUTO_TEST_CASE(it_holds_for_its_user_and_cannot_be_changed) {
    service::Vault vault = new_vault();
    const std::string token = device_token(laptop, ada, vault);
    BOOST_TEST(!open_device_token(token, {"acme", "bob"}, vault).has_value());
    BOOST_TEST(!open_device_token(token, {"acm", "eada"}, vault).has_value());
    BOOST_TEST(!open_device_token("", ada, vault).has_value());
    BOOST_TEST(!open_device_token(std::string(129, 'A'), ada, vault).has_value());
    for (std::size_t i = 0; i < token.size(); ++i) {
        std::string changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        BOOST_TEST(!open_device_token(changed, ada, vault).has_value());
        BOOST_TEST(!open_device_token(token.substr(0, i), ada, vault).has_value());
    }
}

BOOST_AUTO_TEST_SUITE_END()
