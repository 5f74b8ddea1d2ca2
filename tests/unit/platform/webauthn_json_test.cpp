#include "mfad/platform/webauthn_json.hpp"

#include "mfad/platform/concat.hpp"
#include "mfad/platform/encoding.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace mfad::platform;
namespace json = boost::json;

namespace {

/// What a browser's toJSON() gives, with some text replaced.
std::string registration(std::string_view from = {}, std::string_view to = {}) {
    std::string text =
        R"({"id":"AQID","rawId":"AQID","type":"public-key","authenticatorAttachment":"platform",)"
        R"("clientExtensionResults":{"credProps":{"rk":true}},"response":{"clientDataJSON":"e30",)"
        R"("attestationObject":"oA","transports":["internal","hybrid"],"publicKeyAlgorithm":-7}})";
    if (!from.empty()) text.replace(text.find(from), from.size(), to);
    return text;
}

std::string assertion(std::string_view from = {}, std::string_view to = {}) {
    std::string text =
        R"({"id":"AQID","rawId":"AQID","type":"public-key","clientExtensionResults":{},)"
        R"("response":{"clientDataJSON":"e30","authenticatorData":"BAUG","signature":"Bwg",)"
        R"("userHandle":"dTE"}})";
    if (!from.empty()) text.replace(text.find(from), from.size(), to);
    return text;
}

std::string of_registration(const std::string& text) {
    const auto credential = parse_registration_credential(text);
    return credential ? "" : std::string(to_string(credential.error()));
}

std::string of_assertion(const std::string& text) {
    const auto credential = parse_assertion_credential(text);
    return credential ? "" : std::string(to_string(credential.error()));
}

} // namespace

BOOST_AUTO_TEST_SUITE(webauthn_json_tests)

BOOST_AUTO_TEST_CASE(a_registration_is_taken_apart) {
    const auto credential = parse_registration_credential(registration());
    BOOST_TEST_REQUIRE(credential.has_value());
    BOOST_TEST(credential->id == "\x01\x02\x03");
    BOOST_TEST(credential->client_data_json == "{}");
    BOOST_TEST(credential->attestation_object == "\xa0");
    const std::vector<std::string> transports{"internal", "hybrid"};
    BOOST_TEST(credential->transports == transports);
}

BOOST_AUTO_TEST_CASE(an_assertion_is_taken_apart) {
    const auto credential = parse_assertion_credential(assertion());
    BOOST_TEST_REQUIRE(credential.has_value());
    BOOST_TEST(credential->id == "\x01\x02\x03");
    BOOST_TEST(credential->client_data_json == "{}");
    BOOST_TEST(credential->authenticator_data == "\x04\x05\x06");
    BOOST_TEST(credential->signature == "\x07\x08");
    BOOST_TEST(credential->user_handle.value() == "u1");
    const auto null = parse_assertion_credential(assertion(R"("dTE")", "null"));
    BOOST_TEST_REQUIRE(null.has_value());
    BOOST_TEST(!null->user_handle.has_value());
    const auto absent = parse_assertion_credential(assertion(R"(,"userHandle":"dTE")", ""));
    BOOST_TEST_REQUIRE(absent.has_value());
    BOOST_TEST(!absent->user_handle.has_value());
}

BOOST_AUTO_TEST_CASE(members_that_are_not_as_they_should_be_are_refused) {
    BOOST_TEST(of_registration("") == "json");
    BOOST_TEST(of_registration("[]") == "json");
    BOOST_TEST(of_registration("null") == "json");
    BOOST_TEST(of_registration(registration() + "x") == "json");
    BOOST_TEST(of_registration(registration(R"("id":"AQID",)", "")) == "json");
    BOOST_TEST(of_registration(registration(R"("id":"AQID")", R"("id":1)")) == "json");
    BOOST_TEST(of_registration(registration(R"("rawId":"AQID",)", "")) == "json");
    BOOST_TEST(of_registration(registration(R"("type":"public-key",)", "")) == "json");
    BOOST_TEST(of_registration(registration("public-key", "Public-Key")) == "credential_type");
    BOOST_TEST(
        of_registration(registration(R"("id":"AQID")", R"("id":"AQIE")")) == "id_raw_id_differ");
    BOOST_TEST(of_registration(registration(R"("id":"AQID")", R"("id":"AQI=")")) == "encoding");
    BOOST_TEST(
        of_registration(registration(R"("e30")", R"("e31")")) == "encoding"); // trailing bits
    BOOST_TEST(of_registration(registration(R"("oA")", R"("+A")")) == "encoding");
    BOOST_TEST(of_registration(registration(R"("oA")", "null")) == "json");
    BOOST_TEST(of_registration(registration(R"("response":{)", R"("responses":{)")) == "json");
    BOOST_TEST(
        of_registration(registration(R"(AQID","rawId":"AQID)", R"(","rawId":")")) ==
        "credential_id_size");
    BOOST_TEST(of_assertion(assertion(R"("dTE")", R"("dTE=")")) == "encoding");
    BOOST_TEST(of_assertion(assertion(R"("dTE")", "5")) == "json");
    BOOST_TEST(of_assertion(assertion(R"(,"signature":"Bwg")", "")) == "json");
    BOOST_TEST(of_assertion(registration()) == "json");
}

BOOST_AUTO_TEST_CASE(duplicate_members_are_refused_at_every_level) {
    BOOST_TEST(
        of_registration(registration(R"("id":"AQID")", R"("id":"AQID","id":"AQID")")) == "json");
    BOOST_TEST(
        of_registration(registration(R"("oA")", R"("oA","attestationObject":"oA")")) == "json");
    BOOST_TEST(of_registration(registration(R"("rk":true)", R"("rk":true,"r\u006b":1)")) == "json");
}

BOOST_AUTO_TEST_CASE(sizes_and_depth_are_bounded) {
    const std::string id(1364, 'A'); // 1023 bytes
    const auto long_id = concat("\"", id, "\",\"rawId\":\"", id, "\"");
    BOOST_TEST(of_registration(registration(R"("AQID","rawId":"AQID")", long_id)) == "");
    const auto longer = concat("\"", id, "AA\",\"rawId\":\"", id, "AA\"");
    BOOST_TEST(
        of_registration(registration(R"("AQID","rawId":"AQID")", longer)) == "credential_id_size");
    BOOST_TEST(
        of_registration(registration() + std::string(max_credential_json_bytes, ' ')) == "too_big");
    const auto deep = concat(std::string(20, '['), std::string(20, ']'));
    BOOST_TEST(of_registration(registration("true", deep)) == "json");
}

BOOST_AUTO_TEST_CASE(transports_are_names_or_nothing) {
    const auto transports = [](std::string_view list) {
        return parse_registration_credential(registration(R"(["internal","hybrid"])", list))
            ->transports;
    };
    const std::vector<std::string> usb{"usb"};
    BOOST_TEST(transports("7").empty());
    BOOST_TEST(transports(R"(["<script>","usb",5,null,"","USB"])") == usb);
    BOOST_TEST(transports(R"(["a","b","c","d","e","f","g","h","i"])").size() == 8U);
}

BOOST_AUTO_TEST_CASE(creation_options_are_what_browsers_take) {
    CreationOptions options;
    options.challenge = std::string("\0\xff\xfe", 3);
    options.rp_id = "example.org";
    options.rp_name = "Example \"Org\"";
    options.user_id = "u1";
    options.user_name = "j@example.org";
    options.user_display_name = "J";
    options.exclude = {{"\x01\x02\x03", {"usb", "nfc"}}, {"\x04", {}}};
    BOOST_TEST(
        json::parse(creation_options_json(options)) ==
        json::parse(R"({"challenge":"AP_-","rp":{"id":"example.org","name":"Example \"Org\""},
            "user":{"id":"dTE","name":"j@example.org","displayName":"J"},
            "pubKeyCredParams":[{"type":"public-key","alg":-8},{"type":"public-key","alg":-7},
                                {"type":"public-key","alg":-257}],
            "timeout":300000,
            "excludeCredentials":[{"type":"public-key","id":"AQID","transports":["usb","nfc"]},
                                  {"type":"public-key","id":"BA"}],
            "authenticatorSelection":{"residentKey":"required","requireResidentKey":true,
                                      "userVerification":"required"},
            "attestation":"none"})"));
    options.resident_key = ResidentKey::preferred;
    options.user_verification = UserVerification::discouraged;
    options.attestation = AttestationConveyance::direct;
    const auto other = json::parse(creation_options_json(options));
    BOOST_TEST(
        other.at("authenticatorSelection") ==
        json::parse(
            R"({"residentKey":"preferred","requireResidentKey":false,"userVerification":"discouraged"})"));
    BOOST_TEST(other.at("attestation").as_string() == "direct");
}

BOOST_AUTO_TEST_CASE(request_options_are_what_browsers_take) {
    RequestOptions options;
    options.challenge = "\xff\xff";
    options.rp_id = "example.org";
    options.timeout = std::chrono::seconds(60);
    options.user_verification = UserVerification::preferred;
    BOOST_TEST(
        json::parse(request_options_json(options)) ==
        json::parse(R"({"challenge":"__8","timeout":60000,"rpId":"example.org",
            "allowCredentials":[],"userVerification":"preferred"})"));
    options.allow = {{"\x01\x02\x03", {"internal"}}};
    BOOST_TEST(
        json::parse(request_options_json(options)).at("allowCredentials") ==
        json::parse(R"([{"type":"public-key","id":"AQID","transports":["internal"]}])"));
}

BOOST_AUTO_TEST_SUITE_END()
