#include "http_client.hpp"
#include "http_toy.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::test;
using namespace std::chrono_literals;
using mfad::http::Fault;

namespace {

/// Sends single bytes, more often than any deadline of `short_deadlines` lasts, until the server
/// does not take them any more. A deadline that began anew with each byte would never end this: it
/// gives up after ten seconds.
bool trickle(HttpClient& client, const std::function<bool()>& ended) {
    return eventually([&] {
        std::this_thread::sleep_for(10ms);
        return ended() || !client.try_send("a");
    });
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_deadlines_tests)

BOOST_AUTO_TEST_CASE(when_a_header_comes_slowly_then_it_ends_with_408_however_often_bytes_come) {
    ToyServer server(short_deadlines());
    HttpClient client(server.port());
    client.send("GET /fixed HTTP/1.1\r\nHost: ");
    const auto timed_out = [&] { return server.counters().of(Fault::timed_out).value() == 1; };
    BOOST_TEST(trickle(client, timed_out));
    const std::vector<HttpAnswer> answers = client.read_all();
    BOOST_REQUIRE_EQUAL(answers.size(), 1);
    BOOST_TEST(answers.front().status == 408);
    BOOST_TEST(answers.front().field("content-type") == "application/problem+json; charset=utf-8");
    BOOST_TEST(answers.front().closes());
    BOOST_TEST(server.counters().requests.value() == 0);
}

BOOST_AUTO_TEST_CASE(when_a_body_comes_slowly_then_it_ends_with_408_in_the_shape_of_its_path) {
    mfad::http::ServerOptions options = short_deadlines();
    options.header_timeout = 30s;
    ToyServer server(options);
    HttpClient client(server.port());
    client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
    const auto timed_out = [&] { return server.counters().of(Fault::timed_out).value() == 1; };
    BOOST_TEST(trickle(client, timed_out));
    const std::vector<HttpAnswer> answers = client.read_all();
    BOOST_REQUIRE_EQUAL(answers.size(), 1);
    BOOST_TEST(answers.front().status == 408);
    BOOST_TEST(answers.front().body == "fault at /x");
}

BOOST_AUTO_TEST_CASE(when_an_answer_is_not_read_then_the_connection_is_cut) {
    mfad::http::ServerOptions options = short_deadlines();
    options.header_timeout = options.idle_timeout = 30s;
    ToyServer server(options);
    HttpClient client(server.port());
    client.send(get_request("/big"));
    BOOST_TEST(eventually([&] {
        return server.counters().requests.value() == 1 &&
               server.counters().connections_open.value() == 0;
    }));
    BOOST_CHECK_THROW(client.read(), std::exception);
}

BOOST_AUTO_TEST_CASE(when_a_connection_is_idle_then_it_ends_without_a_word) {
    ToyServer server(short_deadlines());
    HttpClient unused(server.port());
    HttpClient used(server.port());
    BOOST_TEST(used.get("/fixed").status == 200);
    BOOST_TEST(used.ended());
    BOOST_TEST(unused.ended());
    BOOST_TEST(server.counters().of(Fault::timed_out).value() == 0);
}

BOOST_AUTO_TEST_CASE(when_only_an_empty_line_came_then_it_ends_without_a_word) {
    ToyServer server(short_deadlines());
    HttpClient client(server.port());
    client.send("\r\n\r\n");
    BOOST_TEST(client.ended());
    BOOST_TEST(server.counters().of(Fault::timed_out).value() == 0);
}

BOOST_AUTO_TEST_CASE(when_a_handler_takes_long_then_no_deadline_of_the_connection_ends_it) {
    mfad::http::ServerOptions options = short_deadlines();
    options.header_timeout = options.body_timeout = options.idle_timeout = options.write_timeout =
        20ms;
    ToyServer server(options);
    HttpClient client(server.port());
    client.send(get_request("/gate"));
    BOOST_TEST(eventually([&] { return server.application().waiting_at_gate() == 1; }));
    std::this_thread::sleep_for(200ms); // ten times every deadline
    server.application().open_gate();
    BOOST_TEST(client.read().body == "through");
}

BOOST_AUTO_TEST_SUITE_END()
