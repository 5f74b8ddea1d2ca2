#include "http_client.hpp"
#include "http_toy.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cctype>
#include <set>

using namespace mfad::test;
using mfad::http::Fault;

BOOST_AUTO_TEST_SUITE(http_session_tests)

BOOST_AUTO_TEST_CASE(when_requests_follow_each_other_then_one_connection_serves_them) {
    ToyServer server;
    HttpClient client(server.port());
    for (int i = 0; i < 20; ++i) {
        client.send(post_request("/echo?n=" + std::to_string(i), "body " + std::to_string(i)));
        const HttpAnswer answer = client.read();
        BOOST_TEST(answer.status == 200);
        BOOST_TEST(
            answer.body == "POST /echo?n=" + std::to_string(i) + "\nbody " + std::to_string(i));
        BOOST_TEST(!answer.closes());
    }
    BOOST_TEST(server.counters().connections_total.value() == 1);
    BOOST_TEST(server.counters().requests.value() == 20);
}

BOOST_AUTO_TEST_CASE(when_an_answer_is_sent_then_it_has_the_fields_of_every_answer) {
    ToyServer server;
    HttpClient client(server.port());
    const HttpAnswer answer = client.get("/fixed");
    BOOST_TEST(answer.field("date").size() == 29);
    BOOST_TEST(answer.field("date").ends_with(" GMT"));
    BOOST_TEST(answer.field("cache-control") == "no-store");
    BOOST_TEST(answer.field("content-type") == "text/plain");
    BOOST_TEST(answer.field("content-length") == "5");
    BOOST_TEST(answer.fields.count("server") == 0);
    BOOST_TEST(client.get("/cached").field("cache-control") == "public, max-age=300");
}

BOOST_AUTO_TEST_CASE(when_an_answer_has_no_content_then_it_has_no_length) {
    ToyServer server;
    HttpClient client(server.port());
    const HttpAnswer empty = client.get("/empty");
    BOOST_TEST(empty.status == 204);
    BOOST_TEST(empty.fields.count("content-length") == 0);
    BOOST_TEST(empty.fields.count("content-type") == 0);
    BOOST_TEST(client.get("/fixed").body == "fixed");
}

BOOST_AUTO_TEST_CASE(when_the_method_is_head_then_no_body_is_sent) {
    ToyServer server;
    HttpClient client(server.port());
    client.send("HEAD /fixed HTTP/1.1\r\nHost: a\r\n\r\n" + get_request("/echo"));
    const HttpAnswer head = client.read(true);
    BOOST_TEST(head.status == 200);
    BOOST_TEST(head.field("content-length") == "5");
    BOOST_TEST(client.read().body == "GET /echo?\n");
    client.send("HEAD /throw HTTP/1.1\r\nHost: a\r\n\r\n");
    const HttpAnswer failed = client.read(true);
    BOOST_TEST(failed.status == 500);
    BOOST_TEST(client.ended());
}

BOOST_AUTO_TEST_CASE(when_fifty_requests_are_pipelined_then_all_are_answered_in_order) {
    ToyServer server;
    HttpClient client(server.port());
    std::string requests;
    for (int i = 0; i < 50; ++i)
        requests += i % 2 == 0 ? get_request("/echo?" + std::to_string(i))
                               : post_request("/echo?" + std::to_string(i), std::string(700, 'x'));
    client.send(requests);
    for (int i = 0; i < 50; ++i) {
        const HttpAnswer answer = client.read();
        BOOST_TEST(answer.status == 200);
        BOOST_TEST(answer.body.find("/echo?" + std::to_string(i) + "\n") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(when_requests_are_flooded_and_nothing_is_read_then_the_server_stops_reading) {
    ToyServer server;
    HttpClient client(server.port());
    std::string requests;
    for (int i = 0; i < 64; ++i)
        requests += get_request("/big");
    client.send(requests);
    // An answer is larger than what the kernel holds for a client that does not read.
    BOOST_TEST(eventually([&] { return server.counters().requests.value() >= 1; }));
    HttpClient other(server.port());
    BOOST_TEST(other.get("/fixed").status == 200);
    BOOST_TEST(server.counters().requests.value() <= 4);
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(client.read().body.size() == 16U << 20);
}

BOOST_AUTO_TEST_CASE(when_the_client_waits_for_100_continue_then_it_gets_it_before_the_body) {
    ToyServer server;
    HttpClient client(server.port());
    client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    BOOST_TEST(client.read().status == 100);
    client.send("abc");
    BOOST_TEST(client.read().body == "POST /echo?\nabc");
    // And none that nobody waits for.
    client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
    BOOST_TEST(client.read().status == 200);
}

BOOST_AUTO_TEST_CASE(when_a_body_is_larger_than_any_buffer_then_it_arrives_whole) {
    ToyServer server;
    HttpClient client(server.port());
    const std::string body(64 * 1024, 'y');
    client.send(post_request("/echo", body));
    BOOST_TEST(client.read().body == "POST /echo?\n" + body);
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 4; ++i)
        client.send("4000\r\n" + std::string(16 * 1024, 'y') + "\r\n");
    client.send("0\r\n\r\n");
    BOOST_TEST(client.read().body == "POST /echo?\n" + body);
}

BOOST_AUTO_TEST_CASE(when_the_handler_throws_then_the_application_answers_and_the_server_lives) {
    ToyServer server;
    HttpClient client(server.port());
    const HttpAnswer answer = client.get("/throw");
    BOOST_TEST(answer.status == 500);
    BOOST_TEST(answer.body == "fault: thrown on purpose at /throw");
    BOOST_TEST(answer.closes());
    BOOST_TEST(client.ended());
    BOOST_TEST(server.counters().of(Fault::internal).value() == 1);
    BOOST_TEST(server.counters().sessions_failed.value() == 0);
    BOOST_TEST(HttpClient(server.port()).get("/fixed").status == 200);
}

BOOST_AUTO_TEST_CASE(when_an_answer_cannot_be_written_then_it_is_a_failure_of_its_handler) {
    ToyServer server;
    HttpClient client(server.port());
    BOOST_TEST(client.get("/status").status == 500);
    BOOST_TEST(client.ended());
}

BOOST_AUTO_TEST_CASE(when_the_sender_names_its_request_sanely_then_the_name_is_kept) {
    ToyServer server;
    HttpClient client(server.port());
    const auto id_for = [&](const std::string& given) {
        return client.get("/fixed", "X-Request-Id: " + given + "\r\n").field("x-request-id");
    };
    BOOST_TEST(id_for("a.B_9-") == "a.B_9-");
    const std::string longest(64, 'i');
    BOOST_TEST(id_for(longest) == longest);
    std::set<std::string> made;
    for (const std::string& given :
         {std::string(), std::string("a b"), longest + "i", std::string("\"<\">"),
          std::string("\xc3\xbc")}) {
        const std::string id = id_for(given);
        BOOST_TEST(id.size() == 32, id);
        BOOST_TEST(std::all_of(
            id.begin(), id.end(), [](unsigned char c) { return std::isxdigit(c) != 0; }));
        made.insert(id);
    }
    // More than one draw of randomness lasts for.
    for (int i = 0; i < 600; ++i)
        made.insert(client.get("/fixed").field("x-request-id"));
    BOOST_TEST(made.size() == 605);
}

BOOST_AUTO_TEST_CASE(when_the_handler_is_asked_then_it_knows_its_peer_and_when_it_came) {
    ToyServer server(mfad::http::ServerOptions{});
    HttpClient client(server.port());
    BOOST_TEST(client.get("/peer").body == "127.0.0.1");
    const int age = std::stoi(client.get("/age").body); // in milliseconds
    BOOST_TEST(age >= 0);
    BOOST_TEST(age < 60'000);
}

BOOST_AUTO_TEST_CASE(when_the_connection_is_not_to_be_kept_then_the_answer_says_so_and_it_ends) {
    mfad::http::ServerOptions options;
    options.max_requests_per_connection = 3;
    ToyServer server(options);
    for (const std::string& request :
         {get_request("/close"), get_request("/fixed", "Connection: close\r\n"),
          std::string("GET /fixed HTTP/1.0\r\nHost: a\r\n\r\n"),
          std::string("GET /fixed HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")}) {
        HttpClient client(server.port());
        client.send(request + get_request("/echo"));
        const std::vector<HttpAnswer> answers = client.read_all();
        BOOST_REQUIRE_EQUAL(answers.size(), 1);
        BOOST_TEST(answers.front().status == 200);
        BOOST_TEST(answers.front().closes());
    }
    HttpClient client(server.port());
    BOOST_TEST(!client.get("/fixed").closes());
    BOOST_TEST(!client.get("/fixed").closes());
    BOOST_TEST(client.get("/fixed").closes());
    BOOST_TEST(client.ended());
}

BOOST_AUTO_TEST_CASE(
    when_the_client_closes_its_half_after_a_request_then_it_still_gets_the_answer) {
    ToyServer server;
    HttpClient client(server.port());
    client.send(post_request("/echo", "abc"));
    client.half_close();
    const std::vector<HttpAnswer> answers = client.read_all();
    BOOST_REQUIRE_EQUAL(answers.size(), 1);
    BOOST_TEST(answers.front().body == "POST /echo?\nabc");
}

BOOST_AUTO_TEST_CASE(
    when_the_client_goes_in_the_middle_of_a_request_then_the_connection_is_forgotten) {
    ToyServer server;
    for (const std::string_view begun :
         {"", "G", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"}) {
        HttpClient client(server.port());
        client.send(begun);
    }
    BOOST_TEST(eventually([&] {
        return server.counters().connections_total.value() == 3 &&
               server.counters().connections_open.value() == 0;
    }));
    BOOST_TEST(server.counters().requests.value() == 0);
    BOOST_TEST(server.counters().sessions_failed.value() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
