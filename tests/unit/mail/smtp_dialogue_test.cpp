#include "smtp_dialogue.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::mail;

namespace {

/// Plays a conversation: lines that start with a digit are the server's.
SmtpDialogue played(std::initializer_list<const char*> lines) {
    SmtpDialogue dialogue;
    for (const std::string_view line : lines) {
        if (line.front() >= '0' && line.front() <= '9')
            dialogue.received(std::string(line) + "\r\n");
        else
            dialogue.sent(std::string(line) + "\r\n");
    }
    return dialogue;
}

} // namespace

BOOST_AUTO_TEST_SUITE(smtp_dialogue_tests)

BOOST_AUTO_TEST_CASE(the_phase_is_that_of_the_last_command) {
    BOOST_CHECK(played({}).phase() == Phase::connect);
    BOOST_CHECK(played({"220 mx", "EHLO me"}).phase() == Phase::ehlo);
    BOOST_CHECK(played({"STARTTLS", "220 go"}).phase() == Phase::starttls);
    BOOST_CHECK(played({"AUTH PLAIN", "334 ", "AHUAcA=="}).phase() == Phase::auth);
    BOOST_CHECK(played({"AUTH PLAIN", "235 ok", "MAIL FROM:<a@b>"}).phase() == Phase::mail);
    BOOST_CHECK(played({"RCPT TO:<a@b>", "250 ok"}).phase() == Phase::rcpt);
    BOOST_CHECK(played({"DATA"}).phase() == Phase::data);
}

BOOST_AUTO_TEST_CASE(a_reply_counts_once_it_is_whole) {
    BOOST_TEST(!played({"EHLO me", "250-mx", "250-SIZE"}).reply());
    BOOST_TEST(played({"EHLO me", "250-mx", "250 SIZE"}).reply()->code == 250);
    BOOST_TEST(!played({"EHLO me", "250-mx", "251 SIZE"}).reply());
    // The answer to an earlier command says nothing about this one.
    BOOST_TEST(!played({"MAIL FROM:<a@b>", "250 ok", "RCPT TO:<a@b>"}).reply());
}

BOOST_AUTO_TEST_CASE(the_message_is_under_way_from_354_on) {
    const auto handed_over = played({"DATA", "354 go"});
    BOOST_CHECK(handed_over.phase() == Phase::end_of_data);
    BOOST_TEST(!handed_over.reply());
    const auto refused = played({"DATA", "451 later"});
    BOOST_CHECK(refused.phase() == Phase::data);
    BOOST_TEST(played({"DATA", "354 go", "550 spam"}).reply()->code == 550);
}

BOOST_AUTO_TEST_CASE(the_answer_to_quit_does_not_cover_the_refusal) {
    const auto dialogue = played({"RCPT TO:<a@b>", "550 no", "QUIT", "221 bye"});
    BOOST_TEST(dialogue.quitting());
    BOOST_CHECK(dialogue.phase() == Phase::rcpt);
    BOOST_TEST(dialogue.reply()->code == 550);
}

BOOST_AUTO_TEST_CASE(a_server_without_end_does_not_fill_the_memory) {
    SmtpDialogue dialogue;
    for (int i = 0; i < 100'000; ++i)
        dialogue.received("220-" + std::string(100, 'x') + "\r\n");
    dialogue.received("220 end\r\n");
    BOOST_TEST(!dialogue.reply()); // cut, so not whole
}

BOOST_AUTO_TEST_SUITE_END()
