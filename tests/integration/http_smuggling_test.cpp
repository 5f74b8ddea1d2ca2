#include "http_client.hpp"
#include "http_toy.hpp"
#include "http_vectors.hpp"
#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::test;

BOOST_AUTO_TEST_SUITE(http_smuggling_tests)

// The toy answers every path with 200, so a smuggled request would show as a second answer.
BOOST_AUTO_TEST_CASE(
    when_a_published_vector_is_sent_then_it_gets_one_answer_at_most_and_smuggles_nothing) {
    const boost::json::value file = read_vectors("http-raw.json");
    ToyServer server;
    for (const boost::json::value& vector : file.at("vectors").as_array()) {
        const std::string expected = text(vector, "expected");
        BOOST_TEST_CONTEXT(text(vector, "id")) {
            HttpClient client(server.port());
            client.send(decode_base64(text(vector, "rawBase64")));
            client.half_close();
            const std::vector<HttpAnswer> answers = client.read_all();
            BOOST_REQUIRE_EQUAL(answers.size(), 1);
            const unsigned status = answers.front().status;
            const bool named = expected.find(std::to_string(status)) != std::string::npos;
            // What is well-formed gets the application's answer: its 404 or 405 is not the
            // session's business.
            const bool handled = expected.find("handled") != std::string::npos ||
                                 expected.find("404") != std::string::npos ||
                                 expected.find("405") != std::string::npos;
            BOOST_TEST((named || (handled && status == 200)), status << " is not: " << expected);
            if (status >= 400) BOOST_TEST(answers.front().closes());
        }
    }
    BOOST_TEST(!server.application().has_seen("/admin"));
    BOOST_TEST(server.application().has_seen("/v1/x"));
}

BOOST_AUTO_TEST_CASE(when_framing_is_ambiguous_then_what_follows_is_never_answered) {
    ToyServer server;
    const std::string head = "POST /v1/x HTTP/1.1\r\nHost: a\r\n";
    const std::string smuggled = get_request("/admin");
    for (const std::string& fields :
         {std::string("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
          std::string("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
          std::string("Transfer-Encoding: xchunked\r\n"),
          std::string("Transfer-Encoding: identity\r\n"),
          std::string("Transfer-Encoding: chunked, identity\r\n"),
          std::string("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
          std::string("Transfer-Encoding\r\n : chunked\r\n"),
          std::string("Transfer-Encoding: \tchunked,\r\n"),
          std::string("Content-Length: 0\r\nContent-Length: 5\r\n"),
          std::string("Content-Length: 0, 5\r\n"), std::string("Content-Length: 00x\r\n")}) {
        HttpClient client(server.port());
        client.send(head + fields + "\r\n0\r\n\r\n" + smuggled + smuggled);
        const std::vector<HttpAnswer> answers = client.read_all();
        BOOST_TEST_REQUIRE(answers.size() == 1, fields);
        BOOST_TEST(answers.front().status == 400, fields);
    }
    BOOST_TEST(!server.application().has_seen("/admin"));
    BOOST_TEST(server.counters().requests.value() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
