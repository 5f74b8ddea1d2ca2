#include "log_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::mail;

namespace {

const Envelope envelope{
    "no-reply@acme.example", "bob.smith@example.org",
    "Subject: Your code\r\n\r\nYour code: 493021\r\n"
    "https://acme.example/e#kX93bQ\r\n"};

std::string shown(std::string_view text) {
    return log_text(text, envelope);
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_text_tests)

BOOST_AUTO_TEST_CASE(a_server_s_words_stay_readable) {
    BOOST_TEST(shown("Ok: queued as 4F2AB1") == "Ok: queued as 4F2AB1");
    BOOST_TEST(
        shown("greylisted, try again in 300 seconds") == "greylisted, try again in 300 seconds");
}

BOOST_AUTO_TEST_CASE(a_server_that_quotes_the_mail_does_not_put_it_into_the_log) {
    BOOST_TEST(shown("<bob.smith@example.org>: no such user") == "*** no such user");
    BOOST_TEST(shown("user \"Bob.Smith\" unknown") == "user *** unknown");
    BOOST_TEST(shown("spam: 493021") == "spam: ***");
    BOOST_TEST(shown("spam: code=493021!") == "spam: ***");
    BOOST_TEST(shown("bad link https://acme.example/e") == "bad link ***");
    BOOST_TEST(shown("bad link acme.example/e#kX93bQ") == "bad link ***");
    BOOST_TEST(shown("see " + std::string(49, 'A')) == "see ***");
}

BOOST_AUTO_TEST_CASE(a_log_line_is_one_line_of_ascii) {
    BOOST_TEST(shown("a\r\nb\tc\x1b[31m  d\x7f") == "a b c [31m d");
    BOOST_TEST(shown("gr\xc3\xbc\xc3\x9f") == "gr????");
    std::string text;
    for (int i = 0; i < 200; ++i)
        text += "word ";
    BOOST_TEST(shown(text).size() == 200U);
}

BOOST_AUTO_TEST_SUITE_END()
