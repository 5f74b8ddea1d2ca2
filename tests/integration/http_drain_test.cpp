#include "http_client.hpp"
#include "http_toy.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace mfad::test;
using namespace std::chrono_literals;

namespace {

mfad::http::ServerOptions with_idle_grace(std::chrono::milliseconds grace) {
    mfad::http::ServerOptions options;
    options.idle_grace = grace;
    return options;
}

std::vector<HttpClient> connect(const ToyServer& server, std::size_t count) {
    std::vector<HttpClient> clients;
    for (std::size_t i = 0; i < count; ++i)
        clients.emplace_back(server.port());
    return clients;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_drain_tests)

BOOST_AUTO_TEST_CASE(when_requests_are_in_flight_then_they_are_answered_and_told_that_it_ends) {
    ToyServer server;
    std::vector<HttpClient> clients = connect(server, 5);
    for (HttpClient& client : clients)
        client.send(get_request("/gate"));
    BOOST_TEST(eventually([&] { return server.application().waiting_at_gate() == 5; }));
    std::future<bool> clean = server.drain(30s);
    BOOST_TEST(!HttpClient::can_connect(server.port()));
    server.application().open_gate();
    for (HttpClient& client : clients) {
        const HttpAnswer answer = client.read();
        BOOST_TEST(answer.body == "through");
        BOOST_TEST(answer.closes());
        BOOST_TEST(client.ended());
    }
    clients.clear();
    BOOST_TEST(clean.get());
    BOOST_TEST(server.counters().connections_open.value() == 0);
}

BOOST_AUTO_TEST_CASE(when_connections_are_idle_then_they_end_after_their_grace) {
    ToyServer server(with_idle_grace(20ms));
    std::vector<HttpClient> clients = connect(server, 5);
    for (HttpClient& client : clients)
        BOOST_TEST(!client.get("/fixed").closes());
    std::future<bool> clean = server.drain(30s);
    for (HttpClient& client : clients)
        BOOST_TEST(client.ended());
    BOOST_TEST(clean.get());
}

BOOST_AUTO_TEST_CASE(when_a_request_was_on_its_way_to_an_idle_connection_then_it_is_answered) {
    ToyServer server(with_idle_grace(20s));
    std::vector<HttpClient> clients = connect(server, 2);
    BOOST_TEST(clients[0].get("/fixed").status == 200);
    std::future<bool> clean = server.drain(30s);
    for (HttpClient& client : clients) {
        const HttpAnswer answer = client.get("/fixed");
        BOOST_TEST(answer.status == 200);
        BOOST_TEST(answer.closes());
        BOOST_TEST(client.ended());
    }
    clients.clear();
    BOOST_TEST(clean.get());
}

BOOST_AUTO_TEST_CASE(
    when_requests_were_pipelined_then_all_are_answered_and_the_last_tells_the_end) {
    ToyServer server;
    HttpClient client(server.port());
    std::string requests = get_request("/gate");
    for (int i = 0; i < 49; ++i)
        requests += get_request("/fixed", "A: " + std::string(1000, 'a') + "\r\n");
    client.send(requests);
    BOOST_TEST(eventually([&] { return server.application().waiting_at_gate() == 1; }));
    std::future<bool> clean = server.drain(30s);
    server.application().open_gate();
    const std::vector<HttpAnswer> answers = client.read_all();
    BOOST_REQUIRE_EQUAL(answers.size(), 50);
    for (const HttpAnswer& answer : answers) {
        BOOST_TEST(answer.status == 200);
        BOOST_TEST(answer.closes() == (&answer == &answers.back()));
    }
    client.half_close();
    BOOST_TEST(clean.get());
}

BOOST_AUTO_TEST_CASE(when_connections_wait_in_the_kernel_then_they_are_accepted_and_answered) {
    ToyServer server(with_idle_grace(20s));
    std::promise<void> release = server.hold();
    std::vector<HttpClient> clients = connect(server, 10);
    for (HttpClient& client : clients)
        client.send(get_request("/fixed"));
    std::future<bool> clean = server.drain(30s, std::move(release));
    for (HttpClient& client : clients) {
        BOOST_TEST(client.read().closes());
        BOOST_TEST(client.ended());
    }
    clients.clear();
    BOOST_TEST(clean.get());
    BOOST_TEST(server.counters().connections_total.value() == 10);
}

BOOST_AUTO_TEST_CASE(
    when_a_handler_outlasts_the_grace_then_it_is_cancelled_and_the_drain_is_not_clean) {
    ToyServer server;
    HttpClient busy(server.port());
    busy.send(get_request("/gate"));
    BOOST_TEST(eventually([&] { return server.application().waiting_at_gate() == 1; }));
    std::future<bool> clean = server.drain(50ms);
    BOOST_TEST(busy.ended());
    BOOST_TEST(!clean.get());
    BOOST_TEST(server.counters().connections_open.value() == 0);
    BOOST_TEST(server.counters().sessions_failed.value() == 0);
}

BOOST_AUTO_TEST_CASE(when_a_client_only_fails_to_close_then_the_drain_is_clean) {
    mfad::http::ServerOptions options = with_idle_grace(20s);
    options.linger_timeout = 60s;
    ToyServer server(options);
    HttpClient client(server.port());
    std::future<bool> clean = server.drain(50ms);
    BOOST_TEST(client.get("/fixed").closes());
    BOOST_TEST(clean.get());
}

BOOST_AUTO_TEST_CASE(
    when_clients_never_pause_then_each_of_their_requests_is_answered_until_they_are_told) {
    ToyServer server(with_idle_grace(20s));
    constexpr std::size_t count = 8;
    std::atomic<std::size_t> answered{0};
    std::atomic<std::size_t> told{0};
    std::vector<std::thread> threads;
    for (HttpClient& client : connect(server, count))
        threads.emplace_back([&answered, &told, own = std::move(client)]() mutable {
            try {
                bool closes = false;
                while (!closes) {
                    closes = own.get("/fixed").closes();
                    ++answered;
                }
                if (own.ended()) ++told;
            } catch (const std::exception&) { // a request without an answer: not told
            }
        });
    BOOST_TEST(eventually([&] { return answered > 1000; }));
    std::future<bool> clean = server.drain(30s);
    for (std::thread& thread : threads)
        thread.join();
    BOOST_TEST(told == count);
    BOOST_TEST(clean.get());
    BOOST_TEST(server.counters().requests.value() == static_cast<std::int64_t>(answered));
}

BOOST_AUTO_TEST_SUITE_END()
