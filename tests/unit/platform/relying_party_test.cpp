#include "mfad/platform/relying_party.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::platform;

namespace {

using Faults = std::vector<RpFault>;

Faults lint(std::string_view rp_id, const std::vector<std::string>& origins) {
    return lint_rp(rp_id, origins);
}

/// The only fault of an RP ID beside an origin that suits every RP ID.
std::string of_rp_id(const std::string& rp_id) {
    const auto faults =
        lint(rp_id, {"android:apk-key-hash:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"});
    if (faults.size() > 1) return "several";
    return faults.empty() ? "" : to_string(faults.front()).substr(rp_id.size() + 1);
}

std::string of_origin(const std::string& origin, std::string_view rp_id = "example.org") {
    const auto faults = lint(rp_id, {origin});
    if (faults.size() > 1) return "several";
    return faults.empty() ? "" : to_string(faults.front()).substr(origin.size() + 1);
}

const std::string form = "is not an origin as browsers write it";
const std::string scheme = "is not https, and not on localhost";
const std::string host = "is not on the RP ID's host, nor on one below it";

} // namespace

BOOST_AUTO_TEST_SUITE(relying_party_tests)

BOOST_AUTO_TEST_CASE(names_that_browsers_take_are_taken) {
    BOOST_TEST(of_origin("https://example.org") == "");
    BOOST_TEST(of_origin("https://login.example.org") == "");
    BOOST_TEST(of_origin("https://a.b.example.org:8443") == "");
    BOOST_TEST(of_origin("https://example.co.uk", "example.co.uk") == "");
    BOOST_TEST(of_origin("https://me.github.io", "me.github.io") == "");
    BOOST_TEST(of_origin("https://xn--bcher-kva.example", "xn--bcher-kva.example") == "");
    BOOST_TEST(of_origin("http://localhost", "localhost") == "");
    BOOST_TEST(of_origin("http://localhost:3000", "localhost") == "");
    BOOST_TEST(of_origin("https://localhost", "localhost") == "");
    BOOST_TEST(of_origin("https://intranet", "intranet") == "");
    BOOST_TEST(lint("example.org", {"https://example.org", "https://a.example.org"}).empty());
}

BOOST_AUTO_TEST_CASE(rp_ids_that_browsers_refuse_are_named) {
    const std::string name = "is not a host name in lower case and A-labels";
    const std::string address = "is an address; passkeys need a name";
    const std::string suffix = "is a public suffix, under which anybody has a name";
    for (const auto* const rp_id :
         {"", "example.org.", ".example.org", "Example.org", "exa mple.org",
          "b\xc3\xbc"
          "cher.example",
          "https://example.org", "example.org/", "a..b", "-a.example", "a-.example",
          "ex_ample.org"})
        BOOST_TEST_CONTEXT(rp_id)
    BOOST_TEST((of_rp_id(rp_id) == name || of_rp_id(rp_id) == address));
    BOOST_TEST(of_rp_id("example.org.") == name);
    BOOST_TEST(of_rp_id("Example.org") == name);
    BOOST_TEST(of_rp_id(std::string(64, 'a') + ".org") == name);
    for (const auto* const rp_id :
         {"127.0.0.1", "::1", "[::1]", "example.org:443", "1.2.3.4.", "10.1", "a.0x7f"})
        BOOST_TEST_CONTEXT(rp_id)
    BOOST_TEST(of_rp_id(rp_id) == address);
    for (const auto* const rp_id : {"org", "co.uk", "github.io"})
        BOOST_TEST_CONTEXT(rp_id)
    BOOST_TEST(of_rp_id(rp_id) == suffix);
    BOOST_TEST(of_rp_id("example.org") == "");
}

BOOST_AUTO_TEST_CASE(origins_that_cannot_use_the_rp_id_are_named) {
    BOOST_TEST(of_origin("https://evilexample.org") == host);
    BOOST_TEST(of_origin("https://example.org.evil.example") == host);
    BOOST_TEST(of_origin("https://example.com") == host);
    BOOST_TEST(of_origin("https://example.org", "login.example.org") == host);
    BOOST_TEST(of_origin("https://127.0.0.1") == host);
    BOOST_TEST(of_origin("https://[::1]") == host);
    BOOST_TEST(of_origin("http://a.localhost", "localhost") == host); // a suffix of one label
    BOOST_TEST(of_origin("https://example.org", "org") == "several"); // the RP ID is a fault too
}

BOOST_AUTO_TEST_CASE(origins_that_no_browser_sends_are_named) {
    for (const auto* const origin :
         {"",
          "example.org",
          "https://example.org/",
          "https://example.org/path",
          "https://",
          "https://example.org?x",
          "https://example.org#x",
          "https://user@example.org",
          "https://Example.org",
          "HTTPS://example.org",
          "https://example.org:443",
          "https://example.org:",
          "https://example.org:08443",
          "https://example.org:0",
          "https://example.org.",
          "https://ex%61mple.org",
          "https:example.org",
          "android:apk-key-hash:",
          "android:apk-key-hash:AAAA",
          "null"})
        BOOST_TEST_CONTEXT(origin)
    BOOST_TEST(of_origin(origin) == form);
    BOOST_TEST(of_origin("http://example.org:80") == form);
    BOOST_TEST(of_origin("http://example.org") == scheme);
    BOOST_TEST(of_origin("ftp://example.org") == scheme);
    BOOST_TEST(of_origin("http://127.0.0.1:8080", "localhost") == host);
}

BOOST_AUTO_TEST_CASE(every_fault_is_told_with_its_subject) {
    const Faults expected{
        {RpRule::rp_id_public_suffix, "co.uk"},
        {RpRule::origin_scheme, "http://example.co.uk"},
        {RpRule::origin_form, "https://example.co.uk/"}};
    const auto faults =
        lint("co.uk", {"http://example.co.uk", "https://example.co.uk/", "https://co.uk"});
    BOOST_TEST((faults == expected));
    BOOST_TEST((lint("example.org", {}) == Faults{{RpRule::no_origins, "example.org"}}));
    BOOST_TEST(
        to_string(expected.front()) == "co.uk is a public suffix, under which anybody has a name");
}

BOOST_AUTO_TEST_SUITE_END()
