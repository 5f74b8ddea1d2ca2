#include "mail_sending.hpp"
#include "smtp_server.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>

using namespace mfad::mail;
using namespace mfad::test;
using namespace std::chrono_literals;
using Outcome = Delivery::Outcome;

BOOST_AUTO_TEST_SUITE(mail_stop_tests)

BOOST_AUTO_TEST_CASE(a_slow_answer_holds_up_no_other_mail_and_a_stop_without_grace_cuts_it_off) {
    SmtpServer server(R"([{"at":"end-of-data","match":"slow@","do":"hang"}])");
    TransportOptions options;
    options.connections = 2;
    const auto transport = plain_transport(server.address(), options);
    auto slow = send(*transport, envelope_to("slow@example.org"));
    wait_until([&] { return server.messages().size() == 1; });
    for (int i = 0; i < 10; ++i)
        BOOST_TEST(sent(*transport, envelope_to("user@example.org")).outcome == Outcome::delivered);

    BOOST_CHECK(slow.wait_for(0s) == std::future_status::timeout);
    transport->stop(0ms);
    BOOST_REQUIRE(slow.wait_for(0s) == std::future_status::ready); // all callbacks are over
    const auto delivery = slow.get();
    BOOST_TEST(delivery.outcome == Outcome::unreachable);
    BOOST_TEST(delivery.may_have_arrived);
}

BOOST_AUTO_TEST_CASE(a_stop_lets_what_is_under_way_finish_and_hands_back_the_rest) {
    SmtpServer server(R"([{"at":"end-of-data","do":"delay","seconds":0.5}])");
    TransportOptions options;
    options.connections = 1;
    const auto transport = plain_transport(server.address(), options);
    auto first = send(*transport, envelope_to("user@example.org"));
    wait_until([&] { return server.count_verb("DATA") == 1; });
    std::vector<std::future<Delivery>> waiting;
    for (int i = 0; i < 5; ++i)
        waiting.push_back(send(*transport, envelope_to("user@example.org")));
    transport->stop(patience);

    BOOST_REQUIRE(first.wait_for(0s) == std::future_status::ready);
    BOOST_TEST(first.get().outcome == Outcome::delivered);
    for (auto& mail : waiting) {
        BOOST_REQUIRE(mail.wait_for(0s) == std::future_status::ready);
        const auto delivery = mail.get();
        BOOST_TEST(delivery.outcome == Outcome::unreachable);
        BOOST_TEST(!delivery.may_have_arrived);
    }
    BOOST_TEST(server.messages().size() == 1U);
    wait_until([&] { return server.count("close") == 1; });
    BOOST_TEST(server.count_verb("QUIT") == 1U);
}

BOOST_AUTO_TEST_CASE(a_stop_cuts_off_a_server_that_is_silent_at_any_step) {
    for (const auto* step : {"connect", "ehlo", "mail", "rcpt", "data"})
        BOOST_TEST_CONTEXT(step) {
            SmtpServer server(std::string(R"([{"at":")") + step + R"(","do":"hang"}])");
            const auto transport = plain_transport(server.address());
            auto mail = send(*transport, envelope_to("user@example.org"));
            wait_until([&] { return server.count("connect") == 1; });
            transport->stop(1ms);
            BOOST_REQUIRE(mail.wait_for(0s) == std::future_status::ready);
            const auto delivery = mail.get();
            BOOST_TEST(delivery.outcome == Outcome::unreachable);
            BOOST_TEST(!delivery.may_have_arrived);
        }
}

BOOST_AUTO_TEST_CASE(after_a_stop_mail_is_handed_back_at_once) {
    SmtpServer server;
    const auto transport = plain_transport(server.address());
    transport->stop(1s);
    transport->stop(1s);
    auto mail = send(*transport, envelope_to("user@example.org"));
    BOOST_REQUIRE(mail.wait_for(0s) == std::future_status::ready);
    BOOST_TEST(mail.get().outcome == Outcome::unreachable);
    BOOST_TEST(server.count("connect") == 0U);
}

BOOST_AUTO_TEST_CASE(every_mail_is_reported_once_when_many_threads_submit_during_a_stop) {
    SmtpServer server;
    const auto transport = plain_transport(server.address());
    std::atomic<int> reported = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 100; ++i)
                transport->submit(
                    envelope_to("user@example.org"), [&](const Delivery&) { ++reported; });
        });
    wait_until([&] { return reported > 20; });
    transport->stop(10s);
    for (auto& thread : threads)
        thread.join();
    BOOST_TEST(reported == 400);
}

BOOST_AUTO_TEST_SUITE_END()
