#include "mfad/http/request_reader.hpp"
#include "mfad/http/router.hpp"
#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <random>
#include <set>
#include <vector>

namespace http = mfad::http;
using http::Fault;
using http::RequestReader;
using Progress = RequestReader::Progress;

namespace {

/// What became of one request.
struct Outcome {
    bool complete = false;
    bool asked_to_continue = false;
    bool keeps_alive = false;
    bool has_target = false;
    Fault fault = Fault::internal;
    http::Method method = http::Method::other;
    std::string path;
    std::string query;
    std::vector<std::string> headers;
    std::string body;

    bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& o) {
    out << (o.complete ? "complete" : "refused " + std::to_string(http::status_of(o.fault)));
    out << " continue=" << o.asked_to_continue << " keep=" << o.keeps_alive
        << " target=" << o.has_target << ' ' << http::to_string(o.method) << ' '
        << o.path.substr(0, 80) << '?' << o.query;
    for (const std::string& header : o.headers)
        out << " [" << header.substr(0, 80) << ']';
    return out << " body=" << o.body.substr(0, 80);
}

Outcome outcome_of(RequestReader& reader, bool complete) {
    Outcome o;
    o.complete = complete;
    o.has_target = reader.has_target();
    o.keeps_alive = reader.keeps_alive();
    const http::Request& request = reader.request();
    if (o.has_target) {
        o.method = request.method;
        o.path = request.path;
        o.query = request.query;
    }
    if (!complete) {
        o.fault = reader.fault();
        return o;
    }
    for (const http::Header& header : request.headers)
        o.headers.push_back(std::string(header.name) + '=' + std::string(header.value));
    o.body = request.body;
    return o;
}

/// Feeds `pieces` one after the other; the requests that came out, up to the first that was
/// refused.
std::vector<Outcome> read(RequestReader& reader, const std::vector<std::string_view>& pieces) {
    std::vector<Outcome> outcomes;
    bool asked = false;
    const auto drain = [&] {
        for (;;) {
            const Progress progress = reader.advance();
            if (progress == Progress::expects_continue) asked = true;
            if (progress == Progress::need_more || progress == Progress::expects_continue)
                return true;
            outcomes.push_back(outcome_of(reader, progress == Progress::complete));
            outcomes.back().asked_to_continue = std::exchange(asked, false);
            if (progress == Progress::refused) return false;
            reader.next();
        }
    };
    for (std::string_view piece : pieces) {
        while (!piece.empty()) {
            const std::span<char> space = reader.space();
            BOOST_REQUIRE(!space.empty());
            const std::size_t count = std::min(space.size(), piece.size());
            std::memcpy(space.data(), piece.data(), count);
            reader.commit(count);
            piece.remove_prefix(count);
            if (!drain()) return outcomes;
        }
    }
    if (asked && outcomes.empty()) outcomes.emplace_back().asked_to_continue = true;
    return outcomes;
}

std::vector<Outcome> read(
    const std::vector<std::string_view>& pieces, const http::RequestLimits& limits = {}) {
    RequestReader reader(limits);
    return read(reader, pieces);
}

std::vector<std::string_view> bytes_of(std::string_view text) {
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < text.size(); ++i)
        bytes.push_back(text.substr(i, 1));
    return bytes;
}

/// The only request in `text`; its outcome is the same when it arrives byte by byte.
Outcome only(std::string_view text, const http::RequestLimits& limits = {}) {
    const std::vector<Outcome> outcomes = read({text}, limits);
    BOOST_REQUIRE_EQUAL(outcomes.size(), 1);
    BOOST_TEST(outcomes == read(bytes_of(text), limits), boost::test_tools::per_element());
    return outcomes.front();
}

unsigned refusal(std::string_view text, const http::RequestLimits& limits = {}) {
    const Outcome outcome = only(text, limits);
    return outcome.complete ? 200 : http::status_of(outcome.fault);
}

std::string get(std::string_view fields, std::string_view target = "/healthz") {
    return "GET " + std::string(target) + " HTTP/1.1\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view fields, std::string_view rest) {
    return "POST /v1/x HTTP/1.1\r\nHost: mfa.example\r\n" + std::string(fields) + "\r\n" +
           std::string(rest);
}

constexpr std::string_view host = "Host: mfa.example\r\n";

std::string decode_base64(std::string_view text) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        if (c == '=') break;
        bits = bits << 6 | static_cast<unsigned>(alphabet.find(c));
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes.push_back(static_cast<char>(bits >> held & 0xff));
    }
    return bytes;
}

/// The statuses in a text like `400 or 501, close`; `handled` is 200.
std::set<unsigned> expected_statuses(const std::string& text) {
    std::set<unsigned> statuses;
    for (std::size_t i = 0; i + 3 <= text.size(); ++i) {
        const auto digit = [&](std::size_t at) {
            return std::isdigit(static_cast<unsigned char>(text[at])) != 0;
        };
        const bool alone = (i == 0 || !digit(i - 1)) && (i + 3 == text.size() || !digit(i + 3));
        if (alone && digit(i) && digit(i + 1) && digit(i + 2))
            statuses.insert(static_cast<unsigned>(std::stoul(text.substr(i, 3))));
    }
    if (text.find("handled") != std::string::npos) statuses.insert(200);
    return statuses;
}

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

BOOST_AUTO_TEST_SUITE(request_reader_tests)

BOOST_AUTO_TEST_CASE(when_a_published_vector_is_read_then_it_ends_as_expected_however_it_is_split) {
    const boost::json::value file = mfad::test::read_vectors("http-raw.json");
    for (const boost::json::value& vector : file.at("vectors").as_array()) {
        const std::string raw = decode_base64(mfad::test::text(vector, "rawBase64"));
        const std::set<unsigned> statuses = expected_statuses(mfad::test::text(vector, "expected"));
        BOOST_TEST_CONTEXT(mfad::test::text(vector, "id")) {
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

BOOST_AUTO_TEST_CASE(when_a_body_is_chunked_then_it_is_put_together_and_trailers_are_dropped) {
    const Outcome outcome = only(post(
        "Transfer-Encoding: Chunked\r\n",
        "3;a=b\r\nabc\r\n00a \t;c = \"d\"\r\n0123456789\r\n0;c\r\nT:\r\nAuthorization: Bearer "
        "x\r\n\r\n"));
    BOOST_TEST(outcome.complete);
    BOOST_TEST(outcome.body == "abc0123456789");
    BOOST_TEST(outcome.headers.size() == 2);
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
