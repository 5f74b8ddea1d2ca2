#include "mfad/service/passkey.hpp"

#include "mfad/service/passkeys.hpp"
#include "mfad/store/passkey_index.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::service;
using mfad::domain::UserRef;
using mfad::platform::KeyRing;
using mfad::platform::UnixMillis;
using std::chrono::milliseconds;

namespace {

UnixMillis at(std::int64_t millis) {
    return UnixMillis{milliseconds{millis}};
}

Passkey sample() {
    Passkey passkey;
    passkey.credential_id = std::string("\0credential", 11);
    passkey.public_key = "COSE";
    passkey.user_handle = "handle";
    passkey.rp_id = "acme.example";
    passkey.aaguid = std::string(16, '\7');
    passkey.transports = {"internal", "hybrid"};
    passkey.label = "Ada's phone";
    passkey.attestation = mfad::platform::Attestation::basic;
    passkey.created = at(1'700'000'000'123);
    passkey.backup_eligible = true;
    passkey.strong = true;
    passkey.sign_count = 0xFFFF'FFFE;
    passkey.backed_up = true;
    return passkey;
}

struct Installation {
    Vault vault{KeyRing::generate(at(1'700'000'000'000))};
    UserRef ada{"acme", "ada"};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(passkey_tests, Installation)

BOOST_AUTO_TEST_CASE(a_passkey_is_opened_as_it_was_sealed) {
    const Passkey passkey = sample();
    const auto opened = open_passkey(seal_passkey(passkey, 3, ada, vault), 3, ada, vault);
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST(opened->credential_id == passkey.credential_id);
    BOOST_TEST(opened->public_key == "COSE");
    BOOST_TEST(opened->user_handle == "handle");
    BOOST_TEST(opened->rp_id == "acme.example");
    BOOST_TEST(opened->aaguid == passkey.aaguid);
    BOOST_TEST(opened->transports == passkey.transports, boost::test_tools::per_element());
    BOOST_TEST(opened->label == "Ada's phone");
    BOOST_TEST((opened->attestation == passkey.attestation));
    BOOST_TEST((opened->created == passkey.created));
    BOOST_TEST(opened->backup_eligible);
    BOOST_TEST(opened->strong);
    BOOST_TEST(opened->sign_count == 0xFFFF'FFFEU);
    BOOST_TEST(opened->backed_up);
    BOOST_TEST(!opened->last_used.has_value());
    BOOST_TEST(!open_passkey("", 3, ada, vault).has_value());
}

BOOST_AUTO_TEST_CASE(it_opens_in_its_own_place_alone) {
    const std::string stored = seal_passkey(sample(), 3, ada, vault);
    BOOST_CHECK_THROW(open_passkey(stored, 4, ada, vault), mfad::store::Corrupt);
    BOOST_CHECK_THROW(open_passkey(stored, 3, {"acme", "bob"}, vault), mfad::store::Corrupt);
    BOOST_CHECK_THROW(open_passkey(stored, 3, {"acm", "eada"}, vault), mfad::store::Corrupt);
    std::string under_another_tag = stored;
    under_another_tag[1] = static_cast<char>(under_another_tag[1] ^ 1);
    BOOST_CHECK_THROW(open_passkey(under_another_tag, 3, ada, vault), mfad::store::Corrupt);
    std::string of_another_version = stored;
    of_another_version[0] = 2;
    BOOST_CHECK_THROW(open_passkey(of_another_version, 3, ada, vault), mfad::store::Corrupt);
    for (std::size_t length = 1; length < stored.size(); ++length)
        BOOST_CHECK_THROW(
            open_passkey(stored.substr(0, length), 3, ada, vault), mfad::store::Corrupt);
}

BOOST_AUTO_TEST_CASE(a_use_is_written_without_opening_it) {
    mfad::platform::Assertion use;
    use.sign_count = 7;
    use.backed_up = false;
    const std::string stored =
        used_passkey(seal_passkey(sample(), 0, ada, vault), use, at(1'800'000'000'000));
    const auto opened = open_passkey(stored, 0, ada, vault);
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST(opened->sign_count == 7U);
    BOOST_TEST(!opened->backed_up);
    BOOST_TEST((opened->last_used == at(1'800'000'000'000)));
    BOOST_TEST(opened->label == "Ada's phone");
}

BOOST_AUTO_TEST_CASE(it_is_found_by_its_tag) {
    const std::string tag = passkey_tag(sample().credential_id);
    BOOST_TEST(tag.size() == mfad::store::passkey_tag_bytes);
    std::vector<std::string> fields(10);
    BOOST_TEST(!slot_of_passkey(fields, tag).has_value());
    fields[7] = seal_passkey(sample(), 7, ada, vault);
    BOOST_TEST(slot_of_passkey(fields, tag).value() == 7U);
    BOOST_TEST(!slot_of_passkey(fields, passkey_tag("another")).has_value());
}

BOOST_AUTO_TEST_CASE(a_factor_id_is_its_tag) {
    const std::string tag = passkey_tag("id");
    const std::string id = passkey_factor_id(tag);
    BOOST_TEST(tag_of_factor_id(id).value() == tag);
    for (const std::string& none :
         {std::string(), std::string("passkey"), std::string("passkey_"), id + "A", id + "=",
          id.substr(0, id.size() - 1), "x" + id, std::string("totp")})
        BOOST_TEST(!tag_of_factor_id(none).has_value(), none);
}

BOOST_AUTO_TEST_CASE(the_relying_party_of_a_tenant_without_one_is_the_installation) {
    mfad::domain::Tenant tenant;
    tenant.id = "acme";
    const auto party = relying_party_of(tenant, "https://mfa.acme.example:8443/base");
    BOOST_TEST(party.id == "mfa.acme.example");
    BOOST_TEST(party.name == "acme");
    BOOST_REQUIRE(party.origins.size() == 1U);
    BOOST_TEST(party.origins.front() == "https://mfa.acme.example:8443");
    BOOST_TEST(relying_party_of(tenant, "http://localhost").id == "localhost");
    BOOST_TEST(faults_of_default_party("https://mfa.acme.example").empty());
    BOOST_TEST(faults_of_default_party("http://localhost:8080").empty());
    BOOST_TEST(!faults_of_default_party("https://192.0.2.1").empty());

    tenant.relying_party.emplace();
    tenant.relying_party->id = "acme.example";
    tenant.name = "Acme";
    BOOST_TEST(relying_party_of(tenant, "https://mfa.acme.example").id == "acme.example");
    BOOST_TEST(relying_party_of(tenant, "https://mfa.acme.example").name == "Acme");
}

BOOST_AUTO_TEST_SUITE_END()
