#include "mfad/mail/smtp_reply.hpp"

#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace mfad::mail;
using mfad::test::text;

namespace {

const std::vector<Phase> all_phases{Phase::connect, Phase::ehlo,       Phase::starttls,
                                    Phase::auth,    Phase::mail,       Phase::rcpt,
                                    Phase::data,    Phase::end_of_data};

std::vector<Phase> phases_named(const std::string& name) {
    std::vector<Phase> found;
    for (const Phase phase : all_phases)
        // "any" is for answers that are no SMTP; after the final dot they leave the outcome unknown
        // (tested below).
        if (name == to_string(phase) || (name == "any" && phase != Phase::end_of_data))
            found.push_back(phase);
    return found;
}

Verdict verdict_named(const std::string& name) {
    static const std::map<std::string, Verdict> names{
        {"ok", Verdict::ok},
        {"delivered", Verdict::delivered},
        {"retry", Verdict::retry},
        {"permanent", Verdict::permanent},
        {"config", Verdict::config},
        {"reconnect", Verdict::reconnect},
        {"unknown-outcome", Verdict::unknown}};
    return names.at(name.substr(0, name.find(' '))); // some carry a remark
}

Verdict verdict(Phase phase, std::string_view reply) {
    return classify(phase, parse_reply(reply));
}

} // namespace

BOOST_AUTO_TEST_SUITE(smtp_reply_tests)

BOOST_AUTO_TEST_CASE(every_published_reply_gets_its_class) {
    const auto file = mfad::test::read_vectors("smtp-replies.json");
    int checked = 0;
    for (const auto& v : file.at("vectors").as_array()) {
        const auto phases = phases_named(text(v, "phase"));
        BOOST_REQUIRE(!phases.empty());
        for (const Phase phase : phases)
            BOOST_TEST(
                (verdict(phase, text(v, "reply")) == verdict_named(text(v, "class"))),
                to_string(phase) << ": " << text(v, "reply"));
        ++checked;
    }
    BOOST_TEST(checked == 34);
}

BOOST_AUTO_TEST_CASE(a_reply_is_taken_apart) {
    const auto reply =
        parse_reply("450-4.7.1 Greylisted,\r\n450 4.7.1 try again in 300 seconds\r\n");
    BOOST_REQUIRE(reply);
    BOOST_TEST(reply->code == 450);
    BOOST_CHECK((reply->enhanced == EnhancedCode{4, 7, 1}));
    BOOST_TEST(reply->text == "Greylisted, try again in 300 seconds");

    BOOST_TEST(parse_reply("250")->text == "");
    BOOST_TEST(parse_reply("250 ok\n")->text == "ok");
    BOOST_TEST(parse_reply("220 2.example.org ESMTP")->text == "2.example.org ESMTP");
    BOOST_TEST(!parse_reply("220 2.0.0example")->enhanced);
    // A class that contradicts the code is text of the server's, not an enhanced code (RFC 3463
    // section 2).
    BOOST_TEST(!parse_reply("550 4.1.1 no")->enhanced);
    BOOST_CHECK((parse_reply("250 2.1.5")->enhanced == EnhancedCode{2, 1, 5}));
    BOOST_CHECK((parse_reply("550 5.999.999 x")->enhanced == EnhancedCode{5, 999, 999}));
}

BOOST_AUTO_TEST_CASE(what_is_no_whole_reply_is_none) {
    for (const auto* bad :
         {"", "25", "2a0 ok", "250x", "250-ok", "250-a\r\n251 b", "250 a\r\n250 b", "199 no",
          "600 no", " 250 ok", "250-a\r\n\r\n250 b", "-50 ok"})
        BOOST_TEST(!parse_reply(bad), bad);
}

BOOST_AUTO_TEST_CASE(the_text_of_a_reply_is_bounded) {
    std::string lines;
    for (int i = 0; i < 1000; ++i)
        lines += "250-" + std::string(100, 'x') + "\r\n";
    lines += "250 end\r\n";
    BOOST_TEST(parse_reply(lines)->text.size() == 4096U);
}

BOOST_AUTO_TEST_CASE(a_server_that_asks_who_we_are_is_never_the_mail_s_fault) {
    for (const Phase phase : all_phases)
        BOOST_TEST(
            (verdict(phase, "530 5.7.0 Authentication required") == Verdict::config),
            to_string(phase));
}

BOOST_AUTO_TEST_CASE(a_service_that_shuts_down_leaves_the_mail_untouched_at_any_time) {
    for (const Phase phase : all_phases)
        BOOST_TEST(
            (verdict(phase, "421 4.3.2 shutting down") == Verdict::reconnect), to_string(phase));
}

BOOST_AUTO_TEST_CASE(after_the_final_dot_only_a_clear_answer_says_what_became_of_the_mail) {
    BOOST_CHECK(verdict(Phase::end_of_data, "250 ok") == Verdict::delivered);
    BOOST_CHECK(verdict(Phase::end_of_data, "999 nonsense") == Verdict::unknown);
    BOOST_CHECK(verdict(Phase::end_of_data, "354 go") == Verdict::unknown);
    BOOST_CHECK(classify(Phase::end_of_data, std::nullopt) == Verdict::unknown);
    BOOST_CHECK(classify(Phase::data, std::nullopt) == Verdict::reconnect);
}

BOOST_AUTO_TEST_CASE(a_full_mailbox_is_tried_again_and_a_554_about_one_address_stops_nobody_else) {
    BOOST_CHECK(verdict(Phase::rcpt, "552 5.2.2 mailbox full") == Verdict::retry);
    BOOST_CHECK(verdict(Phase::end_of_data, "552 5.2.2 mailbox full") == Verdict::retry);
    BOOST_CHECK(verdict(Phase::end_of_data, "552 5.3.4 too big") == Verdict::permanent);
    BOOST_CHECK(verdict(Phase::rcpt, "554 5.1.1 no such user") == Verdict::permanent);
    BOOST_CHECK(verdict(Phase::rcpt, "554 Relay access denied") == Verdict::config);
}

BOOST_AUTO_TEST_CASE(an_answer_out_of_turn_ends_the_conversation) {
    BOOST_CHECK(verdict(Phase::data, "250 ok") == Verdict::reconnect);
    BOOST_CHECK(verdict(Phase::mail, "354 go") == Verdict::reconnect);
    BOOST_CHECK(verdict(Phase::auth, "334 VXNlcm5hbWU6") == Verdict::ok);
    BOOST_CHECK(verdict(Phase::auth, "454 4.7.0 temporary failure") == Verdict::reconnect);
}

BOOST_AUTO_TEST_SUITE_END()
