#include "mfad/mail/mail_url.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::mail;

namespace {

SmtpTarget smtp(std::string_view url) {
    const auto target = parse_mail_url(url);
    BOOST_REQUIRE_MESSAGE(target, url << ": " << target.error());
    return std::get<SmtpTarget>(*target);
}

} // namespace

BOOST_AUTO_TEST_SUITE(mail_url_tests)

BOOST_AUTO_TEST_CASE(a_maildir_is_a_path) {
    BOOST_TEST(std::get<MaildirTarget>(*parse_mail_url("maildir:var/mail")).path == "var/mail");
    BOOST_TEST(std::get<MaildirTarget>(*parse_mail_url("maildir:/a b")).path == "/a b");
    BOOST_TEST(redacted(*parse_mail_url("maildir:var/mail")) == "maildir:var/mail");
}

BOOST_AUTO_TEST_CASE(a_mail_server_has_a_host_and_perhaps_more) {
    const SmtpTarget plain = smtp("smtp://mx.example.org");
    BOOST_TEST(plain.host == "mx.example.org");
    BOOST_TEST(plain.port == 587);
    BOOST_TEST(!plain.implicit_tls);
    BOOST_TEST(plain.user == "");

    const SmtpTarget full = smtp("smtps://mfa%40example.org:p%3A%2F%40%20ss@mx.example.org:2465/");
    BOOST_TEST(full.implicit_tls);
    BOOST_TEST(full.port == 2465);
    BOOST_TEST(full.user == "mfa@example.org");
    BOOST_TEST(full.password == "p:/@ ss");
    BOOST_TEST(smtp("smtps://mx.example.org").port == 465);
    BOOST_TEST(smtp("smtp://[::1]:25").host == "::1");
    BOOST_TEST(smtp("smtp://127.0.0.1:25").host == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(what_is_printed_has_no_credentials) {
    BOOST_TEST(
        redacted(smtp("smtp://key:secret@mx.example.org")) == "smtp://***@mx.example.org:587");
    BOOST_TEST(redacted(smtp("smtps://[::1]")) == "smtps://[::1]:465");
}

BOOST_AUTO_TEST_CASE(a_url_that_is_none_is_refused_without_repeating_it) {
    for (const auto* bad :
         {"",
          "maildir:",
          "SMTP://mx.example.org",
          "mx.example.org",
          "smtp:mx.example.org",
          "smtp://",
          "smtp://:25",
          "http://u:secret@mx.example.org",
          "smtp://u:secret@mx.example.org:0",
          "smtp://u:secret@mx.example.org:70000",
          "smtp://u:secret@mx.example.org:x",
          "smtp://u:se/cret@mx.example.org",
          "smtp://u:secret@mx.example.org/path",
          "smtp://u:secret@mx.example.org?x",
          "smtp://u:secret@mx.example.org#x",
          "smtp://u@mx.example.org",
          "smtp://u:secret%0d%0a@mx.example.org",
          "smtp://u:secret@m%78%00.example.org",
          "smtp://u:secret@m_x.example.org",
          "smtp://u:secret@b\xc3\xbc"
          "cher.example",
          "smtp://u:sec ret@mx.example.org"}) {
        const auto target = parse_mail_url(bad);
        BOOST_TEST_CONTEXT(bad) {
            BOOST_REQUIRE(!target);
            BOOST_TEST(target.error().size() > 10U);
            BOOST_TEST(target.error().find("secret") == std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
