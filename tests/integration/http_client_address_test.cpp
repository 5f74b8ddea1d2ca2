#include "http_client.hpp"
#include "http_toy.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::test;
namespace http = mfad::http;
using mfad::platform::Network;

namespace {

constexpr const char* forged = "X-Forwarded-For: 203.0.113.1\r\nForwarded: for=203.0.113.2\r\n";

http::TrustedProxies trusting(const char* network, http::ForwardedField field) {
    return {{*Network::parse(network)}, field};
}

/// A server behind proxies on this machine.
http::ServerOptions behind_proxies(
    http::ForwardedField field = http::ForwardedField::x_forwarded_for) {
    http::ServerOptions options;
    options.trusted_proxies = trusting("127.0.0.0/8", field);
    return options;
}

http::ServerOptions with_proxy_protocol() {
    http::ServerOptions options = short_deadlines();
    options.header_timeout = std::chrono::seconds(10);
    options.proxy_protocol = true;
    return options;
}

std::string client_of(const http::ServerOptions& options, std::string_view fields) {
    const ToyServer server(options);
    return HttpClient(server.port()).get("/client", fields).body;
}

/// Version 2 for 203.0.113.7, with an extension.
const std::string binary(
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13\xcb\0\x71\x07\x7f\0\0\x01\x12\x34\0\x50\x04\0\x04wide", 35);
const std::string text = "PROXY TCP4 203.0.113.7 127.0.0.1 4660 80\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(http_client_address_tests)

BOOST_AUTO_TEST_CASE(when_nobody_is_trusted_then_a_field_changes_nothing) {
    BOOST_TEST(client_of({}, forged) == "127.0.0.1");
    http::ServerOptions others;
    others.trusted_proxies = trusting("10.0.0.0/8", http::ForwardedField::x_forwarded_for);
    BOOST_TEST(client_of(others, forged) == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(when_the_peer_is_trusted_then_the_configured_field_alone_says_who_asks) {
    BOOST_TEST(client_of(behind_proxies(), forged) == "203.0.113.1");
    BOOST_TEST(client_of(behind_proxies(http::ForwardedField::forwarded), forged) == "203.0.113.2");
    BOOST_TEST(client_of(behind_proxies(http::ForwardedField::none), forged) == "127.0.0.1");
    const char* const chain =
        "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 2001:db8::7, 127.0.0.9\r\n";
    BOOST_TEST(client_of(behind_proxies(), chain) == "2001:db8::7");
}

BOOST_AUTO_TEST_CASE(when_a_connection_is_kept_then_each_request_has_its_own_client) {
    const ToyServer server(behind_proxies());
    HttpClient client(server.port());
    BOOST_TEST(client.get("/client", "X-Forwarded-For: 2001:db8::7\r\n").body == "2001:db8::7");
    BOOST_TEST(client.get("/client").body == "127.0.0.1");
    BOOST_TEST(client.get("/client", "X-Forwarded-For: 203.0.113.9\r\n").body == "203.0.113.9");
    BOOST_TEST(client.get("/peer", "X-Forwarded-For: 203.0.113.9\r\n").body == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(when_a_proxy_header_comes_first_then_it_says_who_asks) {
    const ToyServer server(with_proxy_protocol());
    for (const std::string& header : {text, binary}) {
        HttpClient client(server.port());
        client.send(header + get_request("/client", forged) + get_request("/peer"));
        BOOST_TEST(client.read().body == "203.0.113.7");
        BOOST_TEST(client.read().body == "203.0.113.7");
        BOOST_TEST(client.get("/client").body == "203.0.113.7"); // it holds for the connection
    }
    for (const char* const own : {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN who knows\r\n"}) {
        HttpClient client(server.port());
        client.send(own);
        BOOST_TEST(client.get("/client").body == "127.0.0.1");
    }
    BOOST_TEST(server.counters().proxy_headers_missing.value() == 0);
}

BOOST_AUTO_TEST_CASE(when_a_proxy_header_comes_byte_by_byte_then_it_is_the_same) {
    const ToyServer server(with_proxy_protocol());
    for (const std::string& header : {text, binary}) {
        HttpClient client(server.port());
        for (const char c : header + get_request("/client"))
            client.send({&c, 1});
        BOOST_TEST(client.read().body == "203.0.113.7");
    }
}

BOOST_AUTO_TEST_CASE(when_a_large_request_comes_with_the_proxy_header_then_no_byte_is_lost) {
    const ToyServer server(with_proxy_protocol());
    const std::string body(60'000, 'x');
    HttpClient client(server.port());
    client.send(text + post_request("/echo", body));
    BOOST_TEST(client.read().body == "POST /echo?\n" + body);
}

BOOST_AUTO_TEST_CASE(when_a_proxy_behind_the_header_is_trusted_then_its_field_is_read) {
    http::ServerOptions options = with_proxy_protocol();
    options.trusted_proxies = {
        {*Network::parse("127.0.0.1"), *Network::parse("203.0.113.7")},
        http::ForwardedField::x_forwarded_for};
    const ToyServer server(options);
    HttpClient client(server.port());
    client.send(binary);
    BOOST_TEST(
        client.get("/client", "X-Forwarded-For: 1.2.3.4, 198.51.100.1\r\n").body == "198.51.100.1");
    BOOST_TEST(client.get("/client").body == "203.0.113.7");
}

BOOST_AUTO_TEST_CASE(when_there_is_no_proxy_header_then_the_connection_ends_without_a_word) {
    const ToyServer server(with_proxy_protocol());
    std::int64_t missing = 0;
    for (const std::string& bytes :
         {get_request("/client"), std::string("PROXY TCP4 nobody\r\n"), text.substr(1) + text,
          binary.substr(0, 12) + "\x11" + binary.substr(13)}) {
        HttpClient client(server.port());
        client.try_send(bytes);
        BOOST_TEST(client.ended());
        ++missing;
        BOOST_TEST(eventually([&] { return server.counters().connections_open.value() == 0; }));
        BOOST_TEST(server.counters().proxy_headers_missing.value() == missing);
    }
    HttpClient half(server.port());
    half.send(text.substr(0, 20));
    half.half_close();
    BOOST_TEST(half.ended());
    BOOST_TEST(
        eventually([&] { return server.counters().proxy_headers_missing.value() == missing + 1; }));
    BOOST_TEST(server.counters().requests.value() == 0);
}

BOOST_AUTO_TEST_CASE(when_a_proxy_header_is_late_then_the_connection_ends) {
    http::ServerOptions options = with_proxy_protocol();
    options.header_timeout = std::chrono::milliseconds(100);
    const ToyServer server(options);
    HttpClient silent(server.port());
    HttpClient slow(server.port());
    slow.send("PROXY ");
    BOOST_TEST(silent.ended());
    BOOST_TEST(slow.ended());
    BOOST_TEST(eventually([&] { return server.counters().proxy_headers_missing.value() == 2; }));
}

BOOST_AUTO_TEST_CASE(when_the_proxy_protocol_comes_from_a_stranger_then_the_connection_ends) {
    http::ServerOptions options = with_proxy_protocol();
    options.trusted_proxies = trusting("10.0.0.0/8", http::ForwardedField::none);
    const ToyServer server(options);
    HttpClient client(server.port());
    client.try_send(text + get_request("/client"));
    BOOST_TEST(client.ended());
    BOOST_TEST(server.counters().proxy_headers_missing.value() == 1);
    BOOST_TEST(server.counters().connections_total.value() == 0);
}

BOOST_AUTO_TEST_CASE(when_a_client_has_too_many_connections_then_the_next_is_closed_at_once) {
    http::ConnectionTally tally(2);
    http::ServerOptions options;
    options.tally = &tally;
    const ToyServer server(options);
    const ToyServer other(options); // they count together
    const auto& refused = server.counters().connections_refused_per_address;
    HttpClient first(server.port());
    BOOST_TEST(first.get("/client").body == "127.0.0.1");
    {
        HttpClient second(other.port());
        BOOST_TEST(second.get("/client").body == "127.0.0.1");
        HttpClient third(server.port());
        BOOST_TEST(third.ended());
        BOOST_TEST(refused.value() == 1);
        BOOST_TEST(server.counters().connections_total.value() == 1);
        BOOST_TEST(first.get("/client").status == 200); // the others stay
        BOOST_TEST(tally.clients() == 1);
    }
    BOOST_TEST(eventually([&] { return other.counters().connections_open.value() == 0; }));
    HttpClient again(server.port());
    BOOST_TEST(again.get("/client").status == 200);
}

BOOST_AUTO_TEST_CASE(when_the_last_connection_of_a_client_ends_then_he_is_forgotten) {
    http::ConnectionTally tally(2);
    http::ServerOptions options;
    options.tally = &tally;
    const ToyServer server(options);
    for (int round = 0; round < 2; ++round) {
        HttpClient client(server.port());
        BOOST_TEST(client.get("/close").status == 200);
        BOOST_TEST(client.ended());
    }
    BOOST_TEST(eventually([&] { return tally.clients() == 0; }));
    BOOST_TEST(server.counters().connections_refused_per_address.value() == 0);
}

BOOST_AUTO_TEST_CASE(when_connections_are_those_of_a_trusted_proxy_then_they_do_not_count) {
    http::ConnectionTally tally(1);
    http::ServerOptions options = behind_proxies();
    options.tally = &tally;
    const ToyServer server(options);
    std::vector<HttpClient> clients;
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(clients.emplace_back(server.port()).get("/client").status == 200);
    BOOST_TEST(tally.clients() == 0);
}

BOOST_AUTO_TEST_CASE(when_a_proxy_header_names_the_client_then_the_connection_counts_for_him) {
    http::ConnectionTally tally(1);
    http::ServerOptions options = with_proxy_protocol();
    options.tally = &tally;
    const ToyServer server(options);
    HttpClient silent(server.port()); // nobody's yet
    HttpClient first(server.port());
    first.send(text);
    BOOST_TEST(first.get("/client").body == "203.0.113.7");
    HttpClient second(server.port());
    second.try_send(binary + get_request("/client"));
    BOOST_TEST(second.ended());
    BOOST_TEST(server.counters().connections_refused_per_address.value() == 1);
    BOOST_TEST(server.counters().proxy_headers_missing.value() == 0);
    silent.send("PROXY TCP4 203.0.113.8 127.0.0.1 1 2\r\n");
    BOOST_TEST(silent.get("/client").body == "203.0.113.8");
    BOOST_TEST(tally.clients() == 2);
}

BOOST_AUTO_TEST_CASE(when_a_server_drains_then_a_silent_proxy_does_not_hold_it_up) {
    ToyServer server(with_proxy_protocol());
    HttpClient client(server.port());
    client.send("PROXY ");
    BOOST_TEST(eventually([&] { return server.counters().connections_open.value() == 1; }));
    BOOST_TEST(server.drain(std::chrono::seconds(8)).get());
    BOOST_TEST(client.ended());
    BOOST_TEST(server.counters().proxy_headers_missing.value() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
