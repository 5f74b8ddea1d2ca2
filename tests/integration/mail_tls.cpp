#include "mail_sending.hpp"
#include "smtp_server.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::mail;
using namespace mfad::test;
using Outcome = Delivery::Outcome;

namespace {

const Certificate& good_certificate() {
    static const Certificate certificate("IP:127.0.0.1");
    return certificate;
}

const Certificate& other_host_s_certificate() {
    static const Certificate certificate("DNS:other.example");
    return certificate;
}

std::vector<std::string> tls(const char* kind, const Certificate& certificate) {
    return {"--tls", kind, "--cert", certificate.file(), "--key", certificate.key()};
}

Delivery sent_to(const std::string& url, StartTls starttls, const Certificate* authority) {
    TransportOptions options;
    options.starttls = starttls;
    if (authority) options.ca_file = authority->file();
    const auto transport = make_transport(*parse_mail_url(url), options);
    return sent(*transport, envelope_to("user@example.org"));
}

/// Whether anything but the way to TLS was said in clear.
bool said_in_clear(const SmtpServer& server) {
    for (const auto& event : server.events())
        if (event.at("event") == "command" && !event.at("tls").as_bool() &&
            event.at("verb") != "EHLO" && event.at("verb") != "STARTTLS" &&
            event.at("verb") != "QUIT")
            return true;
    return false;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mail_tls_tests)

BOOST_AUTO_TEST_CASE(mail_and_password_travel_inside_tls) {
    for (const auto* kind : {"starttls", "implicit"})
        BOOST_TEST_CONTEXT(kind) {
            auto options = tls(kind, good_certificate());
            options.insert(options.end(), {"--auth", "mfa:secret"});
            SmtpServer server("[]", options);
            const std::string scheme = kind == std::string("implicit") ? "smtps" : "smtp";
            const auto delivery = sent_to(
                scheme + "://mfa:secret@" + server.address(), StartTls::required,
                &good_certificate());
            BOOST_TEST(delivery.outcome == Outcome::delivered);
            BOOST_TEST(server.count("tls") == 1U);
            BOOST_TEST(server.count_verb("AUTH") == 1U);
            BOOST_TEST(!said_in_clear(server));
        }
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_offer_starttls_gets_nothing) {
    SmtpServer server("[]", {"--auth", "mfa:secret"});
    const auto delivery =
        sent_to("smtp://mfa:secret@" + server.address(), StartTls::required, &good_certificate());
    BOOST_TEST(delivery.outcome == Outcome::misconfigured);
    BOOST_TEST(delivery.phase == Phase::ehlo);
    BOOST_TEST(delivery.reply.find("STARTTLS") != std::string::npos);
    BOOST_TEST(!said_in_clear(server));
    BOOST_TEST(server.count_verb("EHLO") == 1U);
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_host_or_authority_gets_nothing) {
    struct Row {
        const Certificate& presented;
        const Certificate* trusted;
    };
    const std::vector<Row> rows{
        {other_host_s_certificate(), &other_host_s_certificate()},
        {good_certificate(), &other_host_s_certificate()},
        {good_certificate(), nullptr}};
    for (const auto& [presented, trusted] : rows)
        for (const auto* kind : {"starttls", "implicit"}) {
            SmtpServer server("[]", tls(kind, presented));
            const std::string scheme = kind == std::string("implicit") ? "smtps" : "smtp";
            // Opportunistic as well: a wrong certificate is no reason to go on without one.
            for (const StartTls starttls : {StartTls::required, StartTls::opportunistic}) {
                const auto delivery =
                    sent_to(scheme + "://u:p@" + server.address(), starttls, trusted);
                BOOST_TEST(delivery.outcome == Outcome::misconfigured);
                BOOST_TEST(delivery.reply.starts_with("SSL"), delivery.reply);
            }
            BOOST_TEST(!said_in_clear(server));
            BOOST_TEST(server.messages().empty());
        }
}

BOOST_AUTO_TEST_CASE(an_authority_file_that_is_none_is_misconfigured) {
    SmtpServer server("[]", tls("starttls", good_certificate()));
    TransportOptions options;
    options.ca_file = "/nonexistent/ca.pem";
    const auto transport = make_transport(*parse_mail_url("smtp://" + server.address()), options);
    BOOST_TEST(sent(*transport, envelope_to("user@example.org")).outcome == Outcome::misconfigured);
    BOOST_TEST(!said_in_clear(server));
}

BOOST_AUTO_TEST_CASE(tls_that_is_not_there_for_now_is_waited_for) {
    for (const StartTls starttls : {StartTls::required, StartTls::opportunistic}) {
        SmtpServer server(
            R"([{"at":"starttls","reply":"454 4.7.0 TLS not available"}])",
            tls("starttls", good_certificate()));
        const auto delivery = sent_to("smtp://" + server.address(), starttls, &good_certificate());
        if (starttls == StartTls::opportunistic) {
            BOOST_TEST(delivery.outcome == Outcome::delivered);
            continue;
        }
        BOOST_TEST(delivery.outcome == Outcome::unreachable);
        BOOST_TEST(delivery.phase == Phase::starttls);
        BOOST_TEST(!said_in_clear(server));
    }
}

BOOST_AUTO_TEST_CASE(opportunistic_tls_is_used_when_offered) {
    SmtpServer with("[]", tls("starttls", good_certificate()));
    BOOST_TEST(
        sent_to("smtp://" + with.address(), StartTls::opportunistic, &good_certificate()).outcome ==
        Outcome::delivered);
    BOOST_TEST(!said_in_clear(with));
    SmtpServer without;
    BOOST_TEST(
        sent_to("smtp://" + without.address(), StartTls::opportunistic, nullptr).outcome ==
        Outcome::delivered);
}

BOOST_AUTO_TEST_CASE(a_tls_connection_is_kept_as_well) {
    SmtpServer server("[]", tls("starttls", good_certificate()));
    TransportOptions options;
    options.ca_file = good_certificate().file();
    options.connections = 1;
    const auto transport = make_transport(*parse_mail_url("smtp://" + server.address()), options);
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(sent(*transport, envelope_to("user@example.org")).outcome == Outcome::delivered);
    BOOST_TEST(server.count("tls") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
