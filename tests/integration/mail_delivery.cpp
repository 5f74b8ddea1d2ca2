#include "mail_sending.hpp"
#include "mfad/mail/message.hpp"
#include "smtp_server.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <set>

using namespace mfad::mail;
using namespace mfad::test;
using namespace std::chrono_literals;
using namespace std::string_literals;
using Outcome = Delivery::Outcome;

namespace {

/// A port of 127.0.0.1 that nobody listens on, as long as this lives.
class ClosedPort {
public:
    ClosedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* const raw = reinterpret_cast<sockaddr*>(&address);
        BOOST_REQUIRE(::bind(socket_, raw, length) == 0);
        BOOST_REQUIRE(::getsockname(socket_, raw, &length) == 0);
        port_ = ntohs(address.sin_port);
    }
    ClosedPort(const ClosedPort&) = delete;
    ClosedPort& operator=(const ClosedPort&) = delete;
    ~ClosedPort() { ::close(socket_); }

    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    int socket_ = -1;
    unsigned port_ = 0;
};

Message greeting() {
    Message m;
    m.id = "job-1";
    m.from = {"Größenwahn & Söhne", "no-reply@acme.example"};
    m.to = "user@example.org";
    m.date = mfad::platform::UnixMillis{1795323780000ms};
    m.subject =
        "Ihr Code für die Anmeldung: 493021, gültig für zehn Minuten und kein bisschen länger";
    m.text = ".\nSchöne Grüße\n.hidden\n..\n";
    m.html = "<p>Schöne Grüße</p>\n";
    return m;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mail_delivery_tests)

BOOST_AUTO_TEST_CASE(a_mail_arrives_byte_for_byte) {
    SmtpServer server;
    const auto transport = plain_transport(server.address());
    const Message message = greeting();
    const auto delivery = sent(*transport, {message.from.address, message.to, render(message)});
    BOOST_TEST(delivery.outcome == Outcome::delivered);
    BOOST_TEST(delivery.phase == Phase::end_of_data);
    BOOST_TEST(delivery.reply == "250 2.0.0 Ok: queued as 1");
    BOOST_REQUIRE(server.messages().size() == 1U);
    BOOST_TEST(server.messages().front() == render(message));
}

BOOST_AUTO_TEST_CASE(lines_of_dots_do_not_end_a_mail) {
    SmtpServer server;
    const auto transport = plain_transport(server.address());
    for (const auto& data :
         {".\r\n..\r\n...\r\nMAIL FROM:<x@evil.example>\r\n"s, "Subject: x\r\n\r\n.\r\n.\r\n"s,
          "a: b\r\n\r\nno line end after it\r\n."
          "\r\n"s}) {
        BOOST_TEST(
            sent(*transport, {"a@acme.example", "b@example.org", data}).outcome ==
            Outcome::delivered);
        BOOST_TEST(server.messages().back() == data);
    }
    BOOST_TEST(server.count_verb("MAIL") == 3U);
}

BOOST_AUTO_TEST_CASE(each_answer_has_its_outcome) {
    struct Row {
        const char* rule;
        Outcome outcome;
        Phase phase;
        const char* reply;
    };
    const std::vector<Row> rows{
        {R"({"at":"connect","reply":"421 4.3.2 too busy"})", Outcome::unreachable, Phase::connect,
         "421 4.3.2 too busy"},
        {R"({"at":"connect","reply":"554 5.7.1 go away"})", Outcome::misconfigured, Phase::connect,
         "554 5.7.1 go away"},
        {R"({"at":"connect","do":"close"})", Outcome::unreachable, Phase::connect, nullptr},
        {R"({"at":"ehlo","do":"close"})", Outcome::unreachable, Phase::ehlo, nullptr},
        {R"({"at":"mail","reply":"451 4.3.0 local error"})", Outcome::retry, Phase::mail,
         "451 4.3.0 local error"},
        {R"({"at":"mail","reply":"421 4.4.2 timeout"})", Outcome::unreachable, Phase::mail,
         "421 4.4.2 timeout"},
        {R"({"at":"mail","reply":"550 5.7.1 sender not allowed"})", Outcome::misconfigured,
         Phase::mail, "550 5.7.1 sender not allowed"},
        {R"({"at":"mail","reply":"999 nonsense"})", Outcome::unreachable, Phase::mail, nullptr},
        {R"({"at":"rcpt","reply":"450-4.7.1 Greylisted,\n450 4.7.1 come back"})", Outcome::retry,
         Phase::rcpt, "450 4.7.1 Greylisted, come back"},
        {R"({"at":"rcpt","reply":"550 5.1.1 <user@example.org>: unknown"})", Outcome::permanent,
         Phase::rcpt, "550 5.1.1 *** unknown"},
        {R"({"at":"rcpt","reply":"554 5.7.1 relay denied"})", Outcome::misconfigured, Phase::rcpt,
         "554 5.7.1 relay denied"},
        {R"({"at":"rcpt","reply":"552 5.2.2 mailbox full"})", Outcome::retry, Phase::rcpt,
         "552 5.2.2 mailbox full"},
        {R"({"at":"rcpt","do":"close"})", Outcome::unreachable, Phase::rcpt, nullptr},
        {R"({"at":"data","reply":"451 4.3.0 try later"})", Outcome::retry, Phase::data,
         "451 4.3.0 try later"},
        {R"({"at":"end-of-data","reply":"452 4.3.1 no space"})", Outcome::retry, Phase::end_of_data,
         "452 4.3.1 no space"},
        {R"({"at":"end-of-data","reply":"554 5.6.0 spam 493021"})", Outcome::permanent,
         Phase::end_of_data, "554 5.6.0 spam ***"},
        {R"({"at":"end-of-data","reply":"421 4.3.2 shutting down"})", Outcome::unreachable,
         Phase::end_of_data, "421 4.3.2 shutting down"},
        {R"({"at":"end-of-data","reply":"251 taken"})", Outcome::delivered, Phase::end_of_data,
         "251 taken"},
    };
    for (const auto& row : rows)
        BOOST_TEST_CONTEXT(row.rule) {
            SmtpServer server("["s + row.rule + "]");
            const auto transport = plain_transport(server.address());
            const auto delivery =
                sent(*transport, envelope_to("user@example.org", "Code: 493021\r\n"));
            BOOST_TEST(delivery.outcome == row.outcome);
            BOOST_TEST(delivery.phase == row.phase);
            BOOST_TEST(!delivery.may_have_arrived);
            if (row.reply)
                BOOST_TEST(delivery.reply == row.reply);
            else
                BOOST_TEST(!delivery.reply.empty());
            BOOST_TEST(server.messages().empty());
        }
}

BOOST_AUTO_TEST_CASE(a_server_that_recovers_gets_the_same_mail) {
    SmtpServer server(R"([{"at":"rcpt","times":2,"reply":"451 4.3.0 later"}])");
    const auto transport = plain_transport(server.address());
    const auto mail = envelope_to("user@example.org");
    BOOST_TEST(sent(*transport, mail).outcome == Outcome::retry);
    BOOST_TEST(sent(*transport, mail).outcome == Outcome::retry);
    BOOST_TEST(sent(*transport, mail).outcome == Outcome::delivered);
    BOOST_REQUIRE(server.messages().size() == 1U);
    BOOST_TEST(server.messages().front() == mail.data);
}

BOOST_AUTO_TEST_CASE(one_refused_recipient_stops_nobody_else) {
    SmtpServer server(R"([{"at":"rcpt","match":"gone@","reply":"550 5.1.1 no such user"}])");
    const auto transport = plain_transport(server.address());
    BOOST_TEST(sent(*transport, envelope_to("gone@example.org")).outcome == Outcome::permanent);
    BOOST_TEST(sent(*transport, envelope_to("here@example.org")).outcome == Outcome::delivered);
    wait_until([&] { return server.count_verb("QUIT") == 1; }); // polite after the refusal
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_answer_quit_holds_up_no_outcome) {
    SmtpServer server(
        R"([{"at":"quit","do":"hang"},{"at":"rcpt","match":"gone@","reply":"550 5.1.1 no"}])");
    TransportOptions options;
    options.connections = 1;
    options.overall_timeout = 10min; // libcurl would wait for two
    const auto transport = plain_transport(server.address(), options);
    BOOST_TEST(sent(*transport, envelope_to("gone@example.org")).outcome == Outcome::permanent);
    BOOST_TEST(sent(*transport, envelope_to("here@example.org")).outcome == Outcome::delivered);
    transport->stop(1s);
}

BOOST_AUTO_TEST_CASE(a_connection_lost_after_the_final_dot_leaves_the_outcome_open) {
    SmtpServer server(R"([{"at":"end-of-data","do":"close"}])");
    const auto transport = plain_transport(server.address());
    const auto delivery = sent(*transport, envelope_to("user@example.org"));
    BOOST_TEST(delivery.outcome == Outcome::retry);
    BOOST_TEST(delivery.phase == Phase::end_of_data);
    BOOST_TEST(delivery.may_have_arrived);
    BOOST_TEST(server.messages().size() == 1U);
}

BOOST_AUTO_TEST_CASE(silence_ends_an_attempt_and_means_what_the_phase_says) {
    SmtpServer greets_nobody(R"([{"at":"connect","do":"hang"}])");
    SmtpServer silent_at_rcpt(R"([{"at":"rcpt","do":"hang"}])");
    SmtpServer silent_at_end(R"([{"at":"end-of-data","do":"hang"}])");
    TransportOptions options;
    options.connect_timeout = 4s;
    options.overall_timeout = 8s;
    const auto first = plain_transport(greets_nobody.address(), options);
    const auto second = plain_transport(silent_at_rcpt.address(), options);
    const auto third = plain_transport(silent_at_end.address(), options);
    auto at_connect = send(*first, envelope_to("user@example.org"));
    auto at_rcpt = send(*second, envelope_to("user@example.org"));
    auto at_end = send(*third, envelope_to("user@example.org"));

    BOOST_TEST(result_of(at_connect).outcome == Outcome::unreachable);
    const auto rcpt = result_of(at_rcpt);
    BOOST_TEST(rcpt.outcome == Outcome::unreachable);
    BOOST_TEST(rcpt.phase == Phase::rcpt);
    BOOST_TEST(!rcpt.may_have_arrived);
    const auto end = result_of(at_end);
    BOOST_TEST(end.outcome == Outcome::retry);
    BOOST_TEST(end.may_have_arrived);
}

BOOST_AUTO_TEST_CASE(a_host_without_a_server_is_unreachable) {
    const ClosedPort nobody;
    const auto transport = plain_transport(nobody.address());
    const auto delivery = sent(*transport, envelope_to("user@example.org"));
    BOOST_TEST(delivery.outcome == Outcome::unreachable);
    BOOST_TEST(delivery.phase == Phase::connect);
    BOOST_TEST(delivery.reply.find("127.0.0.1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(wrong_credentials_are_misconfigured_and_nowhere_repeated) {
    SmtpServer server(
        R"([{"at":"auth","reply":"535 5.7.8 bad: AG1mYQBoMHJzZQ== h0rse mfa"}])",
        {"--auth", "mfa:right"});
    const auto transport = plain_transport("mfa:h0rse@" + server.address());
    const auto delivery = sent(*transport, envelope_to("user@example.org"));
    BOOST_TEST(delivery.outcome == Outcome::misconfigured);
    BOOST_TEST(delivery.phase == Phase::auth);
    BOOST_TEST(delivery.reply == "535 5.7.8");
    BOOST_TEST(server.count_verb("MAIL") == 0U);
}

BOOST_AUTO_TEST_CASE(credentials_are_what_the_server_asked_for) {
    SmtpServer server("[]", {"--auth", "mfa@acme.example:p:/@ss"});
    BOOST_TEST(
        sent(
            *plain_transport("mfa%40acme.example:p%3A%2F%40ss@" + server.address()),
            envelope_to("user@example.org"))
            .outcome == Outcome::delivered);
    BOOST_TEST(
        sent(
            *plain_transport("mfa%40acme.example:wrong@" + server.address()),
            envelope_to("user@example.org"))
            .reply == "535 5.7.8");
    const auto without = sent(*plain_transport(server.address()), envelope_to("user@example.org"));
    BOOST_TEST(without.outcome == Outcome::misconfigured);
    BOOST_TEST(without.reply == "530 5.7.0 Authentication required");
}

BOOST_AUTO_TEST_CASE(mails_one_after_another_share_a_connection) {
    SmtpServer server;
    TransportOptions options;
    options.connections =
        1; // with more, one that is free may take the next mail before the busy one is done
    const auto transport = plain_transport(server.address(), options);
    for (int i = 0; i < 10; ++i)
        BOOST_TEST(sent(*transport, envelope_to("user@example.org")).outcome == Outcome::delivered);
    BOOST_TEST(server.count("connect") == 1U);
    BOOST_TEST(server.count_verb("EHLO") == 1U);
}

BOOST_AUTO_TEST_CASE(a_kept_connection_that_the_server_ends_costs_no_attempt) {
    for (const auto* end : {R"("reply":"421 4.4.2 too many messages")", R"("do":"close")"})
        BOOST_TEST_CONTEXT(end) {
            SmtpServer server(R"([{"at":"mail","match":"second@","times":1,)"s + end + "}]");
            TransportOptions options;
            options.connections = 1;
            const auto transport = plain_transport(server.address(), options);
            Envelope mail = envelope_to("user@example.org");
            BOOST_TEST(sent(*transport, mail).outcome == Outcome::delivered);
            mail.from = "second@acme.example";
            BOOST_TEST(sent(*transport, mail).outcome == Outcome::delivered);
            BOOST_TEST(server.count("connect") == 2U);
        }
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_and_the_next_mail_opens_another) {
    SmtpServer server;
    TransportOptions options;
    options.idle_timeout = 50ms;
    const auto transport = plain_transport(server.address(), options);
    BOOST_TEST(sent(*transport, envelope_to("user@example.org")).outcome == Outcome::delivered);
    wait_until([&] { return server.count("close") == 1; });
    BOOST_TEST(server.count_verb("QUIT") == 1U);
    BOOST_TEST(sent(*transport, envelope_to("user@example.org")).outcome == Outcome::delivered);
    BOOST_TEST(server.count("connect") == 2U);
}

BOOST_AUTO_TEST_CASE(the_ehlo_name_is_the_configured_one) {
    SmtpServer server;
    TransportOptions options;
    options.ehlo_name = "mfa.acme.example";
    const auto transport = plain_transport(server.address(), options);
    sent(*transport, envelope_to("user@example.org"));
    for (const auto& event : server.events())
        if (event.at("event") == "command" && event.at("verb") == "EHLO")
            BOOST_TEST(event.at("argument").as_string() == "mfa.acme.example");
    BOOST_TEST(server.count_verb("EHLO") == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_no_envelope_or_no_message_never_reaches_a_server) {
    SmtpServer server;
    const auto transport = plain_transport(server.address());
    Envelope mail = envelope_to("user@example.org>\r\nNOOP");
    BOOST_TEST(sent(*transport, mail).outcome == Outcome::permanent);
    mail = envelope_to("user@example.org");
    mail.from = "a@acme.example>\r\nNOOP";
    BOOST_TEST(sent(*transport, mail).outcome == Outcome::misconfigured);
    for (const auto& body :
         {"a\nb\r\n"s, "a\rb\r\n"s, "a\r\n.\n"s, "no end"s, std::string(999, 'x') += "\r\n"}) {
        mail = envelope_to("user@example.org", body);
        BOOST_TEST(sent(*transport, mail).outcome == Outcome::permanent);
    }
    BOOST_TEST(server.count("connect") == 0U);
    std::string longest(998, 'x');
    mail = envelope_to("user@example.org", longest += "\r\n");
    BOOST_TEST(sent(*transport, mail).outcome == Outcome::delivered);
}

BOOST_AUTO_TEST_CASE(a_thousand_mails_go_through_four_connections) {
    SmtpServer server;
    const auto transport = plain_transport(server.address());
    std::vector<std::future<Delivery>> pending;
    for (int i = 0; i < 1000; ++i)
        pending.push_back(
            send(*transport, envelope_to("user@example.org", std::to_string(i) + "\r\n")));
    for (auto& delivery : pending)
        BOOST_TEST(result_of(delivery).outcome == Outcome::delivered);
    const auto messages = server.messages();
    BOOST_TEST(std::set(messages.begin(), messages.end()).size() == 1000U);
    BOOST_TEST(server.count("connect") <= 4U);
}

BOOST_AUTO_TEST_CASE(options_out_of_range_are_refused) {
    const auto target = *parse_mail_url("smtp://127.0.0.1:25");
    TransportOptions options;
    options.connections = 0;
    BOOST_CHECK_THROW(make_transport(target, options), std::invalid_argument);
    options = {};
    options.overall_timeout = 0ms;
    BOOST_CHECK_THROW(make_transport(target, options), std::invalid_argument);
    options = {};
    options.ehlo_name = "me\r\nMAIL FROM:<x@y>";
    BOOST_CHECK_THROW(make_transport(target, options), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
