#include "reading.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <vector>

using namespace mfad::test;
namespace http = mfad::http;

BOOST_AUTO_TEST_SUITE(request_reader_tests)

BOOST_AUTO_TEST_CASE(when_a_request_is_whole_then_all_its_parts_are_there) {
    const Outcome outcome =
        only(post("X-A:  b c \t\r\nx-empty:\r\nContent-Length: 4\r\n", "{} \n"));
    BOOST_TEST(outcome.complete);
    BOOST_TEST(outcome.keeps_alive);
    BOOST_TEST(outcome.path == "/v1/x");
    BOOST_TEST(outcome.query == "");
    BOOST_TEST(outcome.body == "{} \n");
    const std::vector<std::string> headers{
        "Host=mfa.example", "X-A=b c", "x-empty=", "Content-Length=4"};
    BOOST_TEST(outcome.headers == headers, boost::test_tools::per_element());
    const Outcome with_query = only(get(host, "/a%2Fb?c=d?e"));
    BOOST_TEST(with_query.path == "/a%2Fb");
    BOOST_TEST(with_query.query == "c=d?e");
}

BOOST_AUTO_TEST_CASE(when_a_method_is_read_then_it_is_told_apart_by_case) {
    const auto method = [](const std::string& name) {
        return only(name + " / HTTP/1.1\r\nHost: a\r\n\r\n").method;
    };
    BOOST_TEST((method("GET") == http::Method::get));
    BOOST_TEST((method("HEAD") == http::Method::head));
    BOOST_TEST((method("POST") == http::Method::post));
    BOOST_TEST((method("PUT") == http::Method::put));
    BOOST_TEST((method("PATCH") == http::Method::patch));
    BOOST_TEST((method("DELETE") == http::Method::delete_));
    BOOST_TEST((method("OPTIONS") == http::Method::options));
    BOOST_TEST((method("get") == http::Method::other));
    BOOST_TEST((method("PROPFIND") == http::Method::other));
    BOOST_TEST((method("TRACE") == http::Method::other));
}

BOOST_AUTO_TEST_CASE(when_a_body_is_chunked_then_it_is_put_together_and_trailers_are_dropped) {
    const Outcome outcome = only(post(
        "Transfer-Encoding: Chunked\r\n",
        "3;a=b\r\nabc\r\n00a \t;c = \"d\"\r\n0123456789\r\n0;c\r\nT:\r\nAuthorization: Bearer "
        "x\r\n\r\n"));
    BOOST_TEST(outcome.complete);
    BOOST_TEST(outcome.body == "abc0123456789");
    BOOST_TEST(outcome.headers.size() == 2);
}

BOOST_AUTO_TEST_CASE(when_the_client_waits_for_100_continue_then_it_is_told_once) {
    RequestReader reader{http::RequestLimits{}};
    const std::string header = post("Expect: 100-continue\r\nContent-Length: 2\r\n", "");
    BOOST_TEST(read(reader, {header}).front().asked_to_continue);
    BOOST_TEST((reader.advance() == Progress::need_more));
    const std::vector<Outcome> outcomes = read(reader, {"{", "}"});
    BOOST_TEST(outcomes.front().complete);
    BOOST_TEST(outcomes.front().body == "{}");
}

BOOST_AUTO_TEST_CASE(when_the_body_is_on_its_way_or_absent_then_nobody_waits_for_100_continue) {
    const std::string begun = post("Expect: 100-continue\r\nContent-Length: 2\r\n", "{");
    BOOST_TEST(read({begun}).empty());
    BOOST_TEST(!only(post("Expect: 100-continue\r\n", "")).asked_to_continue);
    BOOST_TEST(read({"POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n"
                     "Content-Length: 2\r\n\r\n"})
                   .empty());
}

BOOST_AUTO_TEST_CASE(when_the_version_or_the_client_says_so_then_the_connection_is_not_kept) {
    BOOST_TEST(only(get(host)).keeps_alive);
    BOOST_TEST(!only(get("Host: a\r\nConnection: close\r\n")).keeps_alive);
    BOOST_TEST(!only(get("Host: a\r\nConnection: foo, Close\r\n")).keeps_alive);
    BOOST_TEST(!only("GET / HTTP/1.0\r\nHost: a\r\n\r\n").keeps_alive);
    BOOST_TEST(!only("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n").keeps_alive);
}

BOOST_AUTO_TEST_CASE(
    when_requests_are_pipelined_then_they_come_out_in_order_however_they_are_split) {
    std::string stream;
    for (unsigned i = 0; i < 60; ++i) {
        const std::string n = std::to_string(i);
        stream += get("Host: a\r\nN: " + n + "\r\n", "/" + n);
        stream += "\r\n"; // one empty line too many
        stream +=
            post("Content-Length: " + std::to_string(i * 37) + "\r\n", std::string(i * 37, 'x'));
        stream += post(
            "Transfer-Encoding: chunked\r\n",
            "5\r\nabcde\r\n1;x\r\n" + n.substr(0, 1) + "\r\n0\r\nT: u\r\n\r\n");
    }
    const std::vector<Outcome> whole = read({stream});
    BOOST_REQUIRE_EQUAL(whole.size(), 180);
    BOOST_TEST(whole[3 * 42].path == "/42");
    BOOST_TEST(whole[3 * 42 + 1].body == std::string(42 * 37, 'x'));
    BOOST_TEST(whole[3 * 42 + 2].body == "abcde4");

    std::mt19937 random(42);
    for (unsigned round = 0; round < 200; ++round) {
        std::vector<std::string_view> pieces;
        for (std::string_view rest = stream; !rest.empty();) {
            const std::size_t most = round % 2 == 0 ? 40 : 9000;
            const std::size_t size = std::min<std::size_t>(1 + random() % most, rest.size());
            pieces.push_back(rest.substr(0, size));
            rest.remove_prefix(size);
        }
        BOOST_REQUIRE(read(pieces) == whole);
    }
}

BOOST_AUTO_TEST_CASE(when_a_header_ends_with_the_buffer_then_there_is_room_for_its_body) {
    const http::RequestLimits limits{.header_bytes = 512};
    const std::size_t capacity = RequestReader(limits).space().size();
    const std::string body(3000, 'z');
    const auto last = [](std::size_t padding) {
        return post("Content-Length: 3000\r\nA: " + std::string(padding, 'a') + "\r\n", "");
    };
    for (std::size_t end = capacity - 400; end <= capacity; ++end) {
        std::string stream;
        while (stream.size() + get(host).size() + last(0).size() <= end)
            stream += get(host);
        stream += last(end - stream.size() - last(0).size());
        BOOST_REQUIRE_EQUAL(stream.size(), end);
        const std::vector<Outcome> outcomes = read({stream + body}, limits);
        BOOST_REQUIRE(outcomes.back().complete);
        BOOST_REQUIRE(outcomes.back().body == body);
    }
}

BOOST_AUTO_TEST_CASE(when_nothing_of_the_next_request_has_come_then_there_are_no_bytes) {
    RequestReader reader{http::RequestLimits{}};
    BOOST_TEST(!reader.has_bytes());
    const std::string body = "1\r\n";
    BOOST_TEST(read(reader, {get(host), "\r\n"}).size() == 1);
    BOOST_TEST(!reader.has_bytes());
    BOOST_TEST(read(reader, {"G"}).empty());
    BOOST_TEST(reader.has_bytes());
    BOOST_TEST(!reader.has_header());
    BOOST_TEST(read(reader, {"ET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"}).empty());
    BOOST_TEST(reader.has_bytes());
    BOOST_TEST(reader.has_header());
    BOOST_TEST(reader.has_target());
}

BOOST_AUTO_TEST_CASE(when_it_is_reset_then_it_reads_another_connection) {
    RequestReader reader{http::RequestLimits{}};
    BOOST_TEST(!read(reader, {"GET / HTTP/1.1\r\nno\r\n\r\n"}).front().complete);
    reader.reset();
    BOOST_TEST(
        read(reader, {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"}).empty());
    reader.reset();
    BOOST_TEST(!reader.has_bytes());
    const std::vector<Outcome> outcomes = read(reader, {get(host)});
    BOOST_REQUIRE_EQUAL(outcomes.size(), 1);
    BOOST_TEST(outcomes.front().complete);
    BOOST_TEST(outcomes.front().body == "");
}

BOOST_AUTO_TEST_SUITE_END()
