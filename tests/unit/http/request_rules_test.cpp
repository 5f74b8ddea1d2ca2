#include "http_vectors.hpp"
#include "mfad/http/router.hpp"
#include "reading.hpp"
#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <set>
#include <string>
#include <vector>

using namespace mfad::test;
namespace http = mfad::http;

namespace {

/// What a server with two routes answers first.
unsigned answer(const Outcome& outcome) {
    constexpr std::array<http::Route, 2> routes{
        {{http::Method::get, "/healthz", 1}, {http::Method::post, "/v1/x", 2}}};
    static const http::Router router(routes);
    if (outcome.asked_to_continue) return 100;
    if (!outcome.complete) return http::status_of(outcome.fault);
    const http::RouteMatch match = router.match(outcome.method, outcome.path);
    if (match.found()) return 200;
    return match.kind() == http::RouteMatch::Kind::not_found ? 404 : 405;
}

} // namespace

BOOST_AUTO_TEST_SUITE(request_rules_tests)

BOOST_AUTO_TEST_CASE(when_a_published_vector_is_read_then_it_ends_as_expected_however_it_is_split) {
    const boost::json::value file = read_vectors("http-raw.json");
    for (const boost::json::value& vector : file.at("vectors").as_array()) {
        const std::string raw = decode_base64(text(vector, "rawBase64"));
        const std::set<unsigned> statuses = expected_statuses(text(vector, "expected"));
        BOOST_TEST_CONTEXT(text(vector, "id")) {
            const std::vector<Outcome> whole = read({raw});
            BOOST_REQUIRE_EQUAL(whole.size(), 1); // nothing smuggled
            BOOST_TEST(statuses.count(answer(whole.front())) == 1, whole.front());
            BOOST_TEST(whole == read(bytes_of(raw)), boost::test_tools::per_element());
            const std::string_view text = raw;
            for (std::size_t at = 1; at < text.size(); ++at) {
                const std::vector<Outcome> split = read({text.substr(0, at), text.substr(at)});
                if (split != whole) BOOST_ERROR("split at " << at << ": " << split.front());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(when_framing_could_be_read_in_two_ways_then_the_request_is_refused) {
    const std::array refused{
        post("Content-Length: 2, 2\r\n", "{}"),
        post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"),
        post("Content-Length:\r\n", ""),
        post("Content-Length: -1\r\n", ""),
        post("Content-Length: 2 2\r\n", "{}"),
        post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding:\r\n", "0\r\n\r\n"),
        post(
            "Transfer-Encoding: \x0b"
            "chunked\r\n",
            "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "-1\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "2\n{}\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "11111111111111111\r\n{}\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "0 \r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", " 0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", ";a\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "1 a\r\nx\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "1;a\rb\r\nx\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "000000001\r\nx\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "1\r\nxy\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "1\r\nx\r0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "1\r\nx\rX0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "1\r\nxX\n0\r\n\r\n"),
        post(
            "Transfer-Encoding: chunked\r\n", "1\rX"
                                              "x\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "0\r\n\rX"),
        post("Transfer-Encoding: chunked\r\n", "0\r\nA: b\rX\r\n"),
        post("Transfer-Encoding: chunked\r\n", "0\r\nA: b\rc\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "0\r\nA: b\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "0\r\n A: b\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "0\r\n: b\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "0\r\n\rx"),
        post("Transfer-Encoding: chunked\r\n", "0\r\nA b\r\n\r\n"),
    };
    for (const std::string& text : refused)
        BOOST_TEST(refusal(text) == 400, text);
}

BOOST_AUTO_TEST_CASE(when_a_header_is_malformed_then_the_request_is_refused) {
    const std::array refused{
        get("Host: mfa.example\r\nA: b\r\n c\r\n"),
        get("Host: mfa.example\r\nA:\r\n b\r\n"),
        get("Host: mfa.example\r\nA:\r\n \r\n"),
        get("Host:\r\n mfa.example\r\n"),
        get(" Host: mfa.example\r\n"),
        get("Host : mfa.example\r\n"),
        get("Host: mfa.example\r\n: b\r\n"),
        get("Host: mfa.example\r\nA\r\n"),
        get("Host: mfa.example\r\nA: \x7f\r\n"),
        std::string("GET / HTTP/1.1\nHost: mfa.example\n\n"),
        std::string("GET / HTTP/1.1\r\nHost: mfa.example\nA: b\r\n\r\n"),
        std::string("GET / HTTP/2.0\r\nHost: mfa.example\r\n\r\n"),
        std::string("GET / HTTP/0.9\r\nHost: mfa.example\r\n\r\n"),
        std::string("GET /  HTTP/1.1\r\nHost: mfa.example\r\n\r\n"),
        std::string("GET / http/1.1\r\nHost: mfa.example\r\n\r\n"),
        std::string("GET\t/ HTTP/1.1\r\nHost: mfa.example\r\n\r\n"),
        std::string(" GET / HTTP/1.1\r\nHost: mfa.example\r\n\r\n"),
        std::string("\rGET / HTTP/1.1\r\nHost: mfa.example\r\n\r\n"),
        std::string("GET /\r\n\r\n"),
    };
    for (const std::string& text : refused)
        BOOST_TEST(refusal(text) == 400, text);
}

BOOST_AUTO_TEST_CASE(when_it_is_no_http_at_all_then_it_is_refused_at_once) {
    BOOST_TEST(read({"\x16\x03\x01\x02"}).size() == 1);
    BOOST_TEST(read({"GET / HTTP/1.1\nHost: a\n"}).size() == 1);
}

BOOST_AUTO_TEST_CASE(when_the_target_is_not_in_origin_form_then_it_is_refused_and_unknown) {
    for (const std::string_view target :
         {"*", "http://mfa.example/", "mfa.example:443", "healthz", "/a#b", "/\xc3\xbc", "?a"}) {
        const Outcome outcome = only(get(host, target));
        BOOST_TEST(!outcome.complete, target);
        BOOST_TEST((outcome.fault == Fault::bad_request), target);
        BOOST_TEST(!outcome.has_target, target);
    }
}

BOOST_AUTO_TEST_CASE(when_the_target_was_read_before_the_fault_then_the_answer_can_take_its_shape) {
    const Outcome late = only("PUT /a?b HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n");
    BOOST_TEST(late.has_target);
    BOOST_TEST(late.path == "/a");
    BOOST_TEST((late.method == http::Method::put));
    BOOST_TEST(only(post("Expect: magic\r\n", "")).has_target);
    BOOST_TEST(only("TRACE /a HTTP/1.1\r\nHost: a\r\n\r\n").has_target);
    BOOST_TEST(!only("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n").has_target);
    BOOST_TEST(!only("GET /a HTTP/3.0\r\nHost: a\r\n\r\n").has_target);
}

BOOST_AUTO_TEST_CASE(when_the_host_is_not_one_name_then_the_request_is_refused) {
    for (const std::string_view value :
         {"", "a, b", "a@b", "a/b", "a:1:2", "a:99999", "[::1", "[zz::]", "a b", "a:x"})
        BOOST_TEST(refusal(get("Host: " + std::string(value) + "\r\n")) == 400, value);
    for (const std::string_view value : {"a", "a.b:8443", "[::1]:80", "127.0.0.1", "a_b-c.", "a:"})
        BOOST_TEST(refusal(get("Host: " + std::string(value) + "\r\n")) == 200, value);
    BOOST_TEST(refusal("GET / HTTP/1.0\r\n\r\n") == 400);
}

BOOST_AUTO_TEST_CASE(when_fields_ask_for_what_is_not_served_then_they_are_refused) {
    BOOST_TEST(refusal(post("Content-Encoding: identity\r\n", "")) == 200);
    BOOST_TEST(refusal(post("Content-Encoding: br\r\n", "")) == 415);
    BOOST_TEST(refusal(post("Content-Encoding: identity, gzip\r\n", "")) == 415);
    BOOST_TEST(refusal(post("Expect: 100-Continue\r\n", "")) == 200);
    BOOST_TEST(refusal(post("Expect: 100-continue, x\r\n", "")) == 417);
    BOOST_TEST(refusal(post("Expect: 100-continue\r\nExpect: x\r\n", "")) == 417);
}

BOOST_AUTO_TEST_CASE(when_a_limit_is_reached_then_it_passes_and_one_more_is_refused) {
    const auto padded = [](std::size_t size) {
        const std::string empty = get("Host: a\r\nA: \r\n");
        return get("Host: a\r\nA: " + std::string(size - empty.size(), 'a') + "\r\n");
    };
    BOOST_TEST(refusal(padded(8192)) == 200);
    BOOST_TEST(refusal(padded(8193)) == 431);
    BOOST_TEST(refusal(padded(30000)) == 431);
    BOOST_TEST(only(padded(8193)).has_target);

    const auto fields = [](std::size_t count) {
        std::string text = "Host: a\r\n";
        while (--count > 0)
            text += "a:\r\n";
        return get(text);
    };
    BOOST_TEST(refusal(fields(100)) == 200);
    BOOST_TEST(refusal(fields(101)) == 431);

    const auto target = [](std::size_t size) {
        return get(host, "/" + std::string(size - 1, 'a'));
    };
    BOOST_TEST(refusal(target(2048)) == 200);
    BOOST_TEST(refusal(target(2049)) == 414);
    BOOST_TEST(refusal(target(20000)) == 414);
    BOOST_TEST(only(target(2049)).has_target);
    BOOST_TEST(!only(target(20000)).has_target);

    const auto body = [](std::size_t size) {
        return post("Content-Length: " + std::to_string(size) + "\r\n", std::string(size, 'b'));
    };
    BOOST_TEST(refusal(body(65536)) == 200);
    BOOST_TEST(refusal(post("Content-Length: 65537\r\n", "")) == 413);
    BOOST_TEST(refusal(post("Content-Length: 99999999999\r\n", "")) == 413);
}

BOOST_AUTO_TEST_CASE(when_a_chunked_body_grows_over_a_limit_then_it_is_refused) {
    const http::RequestLimits limits{.header_bytes = 512, .body_bytes = 1000};
    const auto chunked = [](std::string_view chunks) {
        return post("Transfer-Encoding: chunked\r\n", chunks);
    };
    const std::string chunk = "1f4\r\n" + std::string(500, 'c') + "\r\n";
    BOOST_TEST(refusal(chunked(chunk + chunk + "0\r\n\r\n"), limits) == 200);
    BOOST_TEST(refusal(chunked(chunk + chunk + "1\r\n"), limits) == 413);
    BOOST_TEST(refusal(chunked("3e9\r\n"), limits) == 413);
    // Bytes that are no body: extensions and trailers.
    const std::string extended = "1;" + std::string(200, 'e') + "\r\nc\r\n";
    BOOST_TEST(refusal(chunked(extended + extended + "0\r\n\r\n"), limits) == 200);
    BOOST_TEST(refusal(chunked(extended + extended + extended), limits) == 431);
    BOOST_TEST(refusal(chunked("1;" + std::string(600, 'e')), limits) == 431);
    BOOST_TEST(refusal(chunked("0\r\nA: " + std::string(600, 't')), limits) == 431);
}

BOOST_AUTO_TEST_SUITE_END()
