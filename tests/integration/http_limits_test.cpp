#include "http_client.hpp"
#include "http_toy.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using namespace mfad::test;
using mfad::http::Fault;

namespace {

/// What a fresh connection answers to `bytes`; it has to be one answer and the end.
HttpAnswer refused(ToyServer& server, std::string_view bytes) {
    HttpClient client(server.port());
    client.send(bytes);
    const std::vector<HttpAnswer> answers = client.read_all();
    BOOST_REQUIRE_EQUAL(answers.size(), 1);
    BOOST_TEST(answers.front().closes());
    return answers.front();
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_limits_tests)

BOOST_AUTO_TEST_CASE(when_a_limit_is_tripped_then_it_is_answered_counted_and_the_connection_ends) {
    ToyServer server;
    std::string many_fields;
    for (int i = 0; i < 101; ++i)
        many_fields += "A: b\r\n";
    struct Case {
        std::string bytes;
        Fault fault;
    };
    const std::array cases{
        Case{get_request("/x", "A: " + std::string(9000, 'a') + "\r\n"), Fault::header_too_large},
        Case{get_request("/x", many_fields), Fault::header_too_large},
        Case{get_request("/" + std::string(2048, 'a')), Fault::target_too_long},
        Case{
            "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n{", Fault::body_too_large},
        Case{
            "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n",
            Fault::body_too_large},
        Case{
            "POST /x HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n",
            Fault::unsupported_encoding},
        Case{get_request("/x", "Expect: magic\r\n"), Fault::expectation_failed},
        Case{"TRACE /x HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\n\r\n", Fault::not_implemented},
        Case{"GET /x HTTP/1.1\r\n\r\n", Fault::bad_request},
    };
    for (const Case& one : cases) {
        const auto before = server.counters().of(one.fault).value();
        const HttpAnswer answer = refused(server, one.bytes);
        BOOST_TEST(answer.status == mfad::http::status_of(one.fault));
        BOOST_TEST(server.counters().of(one.fault).value() == before + 1);
        BOOST_TEST(answer.body.find("a=b") == std::string::npos);
    }
    BOOST_TEST(server.counters().requests.value() == 0);
}

BOOST_AUTO_TEST_CASE(
    when_too_many_requests_are_handled_then_another_is_refused_and_may_come_again) {
    mfad::http::ServerOptions options;
    options.max_requests = 2;
    ToyServer server(options);
    HttpClient first(server.port());
    HttpClient second(server.port());
    first.send(get_request("/gate"));
    second.send(get_request("/gate"));
    BOOST_TEST(eventually([&] { return server.application().waiting_at_gate() == 2; }));
    BOOST_TEST(server.counters().requests_running.value() == 2);

    HttpClient third(server.port());
    third.send(post_request("/echo", "one") + post_request("/echo", "two"));
    for (int i = 0; i < 2; ++i) {
        const HttpAnswer answer = third.read();
        BOOST_TEST(answer.status == 503);
        BOOST_TEST(answer.body == "fault at /echo");
        BOOST_TEST(!answer.closes());
    }
    BOOST_TEST(!server.application().has_seen("/echo"));
    BOOST_TEST(server.counters().of(Fault::overloaded).value() == 2);
    BOOST_TEST(server.counters().requests.value() == 2);

    server.application().open_gate();
    BOOST_TEST(first.read().body == "through");
    BOOST_TEST(second.read().body == "through");
    BOOST_TEST(third.get("/fixed").status == 200); // on the same connection
    BOOST_TEST(server.counters().requests_running.value() == 0);
}

BOOST_AUTO_TEST_CASE(when_a_handler_throws_then_its_turn_is_over) {
    mfad::http::ServerOptions options;
    options.max_requests = 1;
    ToyServer server(options);
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(HttpClient(server.port()).get("/throw").status == 500);
    BOOST_TEST(HttpClient(server.port()).get("/fixed").status == 200);
}

BOOST_AUTO_TEST_CASE(when_the_target_is_known_then_the_path_owner_answers_else_it_is_a_problem) {
    ToyServer server;
    const HttpAnswer owned = refused(server, "PUT /x HTTP/1.1\r\nHost: a\r\nbad line\r\n\r\n");
    BOOST_TEST(owned.status == 400);
    BOOST_TEST(owned.body == "fault at /x");
    for (const std::string_view bytes :
         {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01", "nonsense\r\n\r\n"}) {
        const HttpAnswer unowned = refused(server, bytes);
        BOOST_TEST(unowned.status == 400);
        BOOST_TEST(unowned.field("content-type") == "application/problem+json; charset=utf-8");
        BOOST_TEST(unowned.field("cache-control") == "no-store");
        BOOST_TEST(unowned.field("x-request-id").size() == 32);
        BOOST_TEST(
            unowned.body == "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400}");
    }
}

BOOST_AUTO_TEST_CASE(when_a_refused_client_keeps_sending_then_it_still_gets_its_answer) {
    ToyServer server;
    for (int round = 0; round < 20; ++round) {
        HttpClient client(server.port());
        client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
        // More than the server reads for a request, less than it discards.
        client.send(std::string(100'000, 'x'));
        const std::vector<HttpAnswer> answers = client.read_all();
        BOOST_REQUIRE_EQUAL(answers.size(), 1);
        BOOST_TEST(answers.front().status == 413);
        BOOST_TEST(!client.was_reset());
    }
}

BOOST_AUTO_TEST_CASE(when_a_refused_client_never_stops_then_it_is_cut_off) {
    mfad::http::ServerOptions options;
    options.linger_bytes = 64 * 1024;
    options.linger_timeout = std::chrono::minutes(1);
    ToyServer server(options);
    HttpClient client(server.port());
    client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n");
    const std::string flood(1 << 20, 'x');
    std::size_t sent = 0;
    while (sent < 512 && client.try_send(flood))
        ++sent;
    BOOST_TEST(sent < 512);
    BOOST_TEST(eventually([&] { return server.counters().connections_open.value() == 0; }));
}

BOOST_AUTO_TEST_CASE(when_a_refused_client_stays_silent_then_it_is_cut_off) {
    mfad::http::ServerOptions options;
    options.linger_timeout = std::chrono::milliseconds(50);
    options.tick = std::chrono::milliseconds(5);
    ToyServer server(options);
    HttpClient client(server.port());
    client.send("nonsense\r\n\r\n");
    BOOST_TEST(eventually([&] {
        return server.counters().connections_total.value() == 1 &&
               server.counters().connections_open.value() == 0;
    }));
}

BOOST_AUTO_TEST_SUITE_END()
