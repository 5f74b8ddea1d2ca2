#include "mfad/domain/otpauth.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::domain;
using mfad::platform::Secret;
using namespace std::string_literals;

namespace {

/// What an URI is refused for; "" when it is read.
std::string fault(const std::string& uri) {
    const auto entry = parse_otpauth(uri);
    return entry ? "" : entry.error().field;
}

/// Of a URI that must be right.
OtpauthEntry must_read(const std::string& uri) {
    auto entry = parse_otpauth(uri);
    BOOST_TEST_REQUIRE(entry.has_value(), uri);
    return *std::move(entry);
}

std::string with(const std::string& parameters) {
    return "otpauth://totp/Example:alice@google.com?secret=JBSWY3DPEHPK3PXP" + parameters;
}

OtpauthEntry entry_of(std::string issuer, std::string account, TotpParameters parameters = {}) {
    return {std::move(issuer), std::move(account), {Secret("12345678901234567890"), parameters}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(otpauth_tests)

// The examples of the Key URI Format.
BOOST_AUTO_TEST_CASE(published_examples_are_read) {
    const auto first =
        must_read("otpauth://totp/Example:alice@google.com?secret=JBSWY3DPEHPK3PXP&issuer=Example");
    BOOST_TEST(first.issuer == "Example");
    BOOST_TEST(first.account == "alice@google.com");
    BOOST_TEST(first.key.secret.reveal() == "Hello!\xde\xad\xbe\xef");
    BOOST_TEST((first.key.parameters == TotpParameters{}));
    const auto second =
        must_read("otpauth://totp/ACME%20Co:john.doe@email.com?secret=HXDMVJECJJWSRB3HWIZR4IFUG"
                  "FTMXBOZ&issuer=ACME%20Co&algorithm=SHA1&digits=6&period=30");
    BOOST_TEST(second.issuer == "ACME Co");
    BOOST_TEST(second.account == "john.doe@email.com");
    BOOST_TEST(second.key.secret.reveal().size() == 20U);
    BOOST_TEST((second.key.parameters == TotpParameters{}));
    for (const auto* label :
         {"Big%20Corporation%3A%20alice%40bigco.com", "Big%20Corporation:%20alice@bigco.com"}) {
        const auto entry = must_read("otpauth://totp/"s + label + "?secret=JBSWY3DPEHPK3PXP");
        BOOST_TEST(entry.issuer == "Big Corporation");
        BOOST_TEST(entry.account == "alice@bigco.com");
    }
}

BOOST_AUTO_TEST_CASE(a_uri_says_all_of_its_entry) {
    const auto uri =
        otpauth_uri(entry_of("Acme & Söhne", "a+b@example.org", {TotpAlgorithm::sha256, 8, 60}));
    BOOST_TEST(
        uri.reveal() ==
        "otpauth://totp/"
        "Acme%20%26%20S%C3%B6hne:a%2Bb@example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3"
        "TQOJQ&issuer=Acme%20%26%20S%C3%B6hne&algorithm=SHA256&digits=8&period=60");
    BOOST_TEST(
        otpauth_uri(entry_of("", "bob")).reveal() ==
        "otpauth://totp/bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=6&period="
        "30");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
    for (const auto& [issuer, account] :
         {std::pair{"Acme"s, "someone@example.org"s},
          {"A/B?C#D&E=F%20+\"<>'"s, "x/y?z#&=%41+ @"s + "1"},
          {"Банк"s, "用户"s},
          {"with: colon: twice"s, "user:with:colons"s},
          {""s, "bob"s}}) {
        const auto written = otpauth_uri(entry_of(issuer, account, {TotpAlgorithm::sha512, 8, 45}));
        const auto read = parse_otpauth(written.reveal());
        BOOST_TEST_REQUIRE(read.has_value(), written.reveal());
        BOOST_TEST(read->issuer == issuer);
        BOOST_TEST(read->account == account);
        BOOST_TEST(read->key.secret.reveal() == "12345678901234567890");
        BOOST_TEST((read->key.parameters == TotpParameters{TotpAlgorithm::sha512, 8, 45}));
    }
}

BOOST_AUTO_TEST_CASE(other_programs_write_in_their_ways) {
    for (const auto& good :
         {"OTPAUTH://TOTP/a?secret=JBSWY3DPEHPK3PXP"s, "otpauth://totp/a?secret=jbswy3dpehpk3pxp"s,
          "otpauth://totp/a?secret=JBSW%20Y3DP%20EHPK%203PXP"s,
          "otpauth://totp/a?secret=JBSWY3DPEHPK3PXPGE%3D%3D%3D%3D%3D%3D"s,
          "otpauth://totp/a?secret=JBSWY3DPEHPK3PXPGE======"s,
          with("&image=https%3A%2F%2Fx%2Fy.png"), with("&lock=false&counter=0"),
          with("&algorithm=sha512"), with("&issuer="), with("&"),
          "otpauth://totp/a?digits=8&period=60&secret=JBSWY3DPEHPK3PXP"s})
        BOOST_TEST(fault(good) == "", good);
    BOOST_TEST(must_read(with("&issuer=Other")).issuer == "Other");
    BOOST_TEST(must_read(with("&issuer=")).issuer == "Example");
    BOOST_TEST(must_read(with("&issuer=a+b")).issuer == "a+b"); // no form: RFC 3986
    const auto all = must_read(with("&algorithm=SHA256&digits=8&period=60"));
    BOOST_TEST((all.key.parameters == TotpParameters{TotpAlgorithm::sha256, 8, 60}));
}

BOOST_AUTO_TEST_CASE(codes_by_counter_are_refused) {
    BOOST_TEST(fault("otpauth://hotp/a?secret=JBSWY3DPEHPK3PXP&counter=1") == "type");
    for (const auto* type : {"", "totp2", "steam", "totp.", "t%00otp"})
        BOOST_TEST(fault("otpauth://"s + type + "/a?secret=JBSWY3DPEHPK3PXP") == "type", type);
}

BOOST_AUTO_TEST_CASE(what_is_no_uri_of_the_scheme_is_refused) {
    for (const auto& bad :
         {""s, "otpauth"s, "otpauth:"s, "otpauth:totp/a?secret=JBSWY3DPEHPK3PXP"s,
          "https://totp/a?secret=JBSWY3DPEHPK3PXP"s, " otpauth://totp/a?secret=JBSWY3DPEHPK3PXP"s,
          "otpauth://totp/a b?secret=JBSWY3DPEHPK3PXP"s,
          "otpauth://totp/ä?secret=JBSWY3DPEHPK3PXP"s,
          "otpauth://totp/a%2?secret=JBSWY3DPEHPK3PXP"s,
          "otpauth://totp/a%zz?secret=JBSWY3DPEHPK3PXP"s,
          "otpauth://u@totp/a?secret=JBSWY3DPEHPK3PXP"s,
          "otpauth://totp:1/a?secret=JBSWY3DPEHPK3PXP"s,
          "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP#x"s,
          "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP\n"s,
          "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP\0"s, with("&secret=JBSWY3DPEHPK3PXP"),
          with("&digits=6&digits=8"), with("&%64igits=6&digits=8"),
          with("&x=" + std::string(2048, 'x'))})
        BOOST_TEST(fault(bad) == "uri", bad);
}

BOOST_AUTO_TEST_CASE(labels_and_issuers_are_text) {
    const auto label = [](const std::string& text) {
        return fault("otpauth://totp" + text + "?secret=JBSWY3DPEHPK3PXP");
    };
    for (const auto& bad :
         {""s, "/"s, "/Example:"s, "/Example:%20"s, "/%00"s, "/a%0Ab"s, "/a%7F"s, "/%FF"s,
          "/%C3:a"s, "/" + std::string(257, 'a')})
        BOOST_TEST(label(bad) == "label", bad);
    BOOST_TEST(label("/" + std::string(256, 'a')) == "");
    for (const auto& bad : {"%00"s, "a%0D%0Ab"s, "%C3"s, std::string(257, 'a')})
        BOOST_TEST(fault(with("&issuer=" + bad)) == "issuer", bad);
}

BOOST_AUTO_TEST_CASE(secrets_have_80_to_1024_bits) {
    const auto secret = [](const std::string& text) { return fault("otpauth://totp/a?" + text); };
    BOOST_TEST(secret("secret=" + std::string(16, 'A')) == "");
    BOOST_TEST(secret("secret=" + std::string(205, 'A')) == ""); // 1025 bits, one of them spare
    for (const auto& bad :
         {""s, "secret"s, "secret="s, "Secret=JBSWY3DPEHPK3PXP"s, "secret=JBSWY3DPEHPK3PX"s,
          "secret=" + std::string(207, 'A'), "secret=JBSWY3DPEHPK3PX1"s,
          "secret=JBSWY3DPEHPK3PXPM"s, "secret=JBSWY3DPEHPK3PXP%00"s, "secret=%3D%3D%3D%3D"s})
        BOOST_TEST(secret(bad) == "secret", bad);
}

BOOST_AUTO_TEST_CASE(parameters_out_of_range_are_named) {
    for (const auto* bad : {"", "MD5", "SHA-1", "SHA224", "SHA1,SHA256", "HmacSHA1"})
        BOOST_TEST(fault(with("&algorithm="s + bad)) == "algorithm", bad);
    for (const auto* bad :
         {"", "0", "5", "7", "9", "06", "+6", "6.0", "%206", "-6", "6a", "4294967302"})
        BOOST_TEST(fault(with("&digits="s + bad)) == "digits", bad);
    for (const auto* bad : {"", "0", "14", "121", "030", "-30", "30s", "1e2", "4294967326"})
        BOOST_TEST(fault(with("&period="s + bad)) == "period", bad);
    for (const auto* good : {"15", "120"})
        BOOST_TEST(fault(with("&period="s + good)) == "", good);
}

BOOST_AUTO_TEST_SUITE_END()
