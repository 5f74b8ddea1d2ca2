#include "mfad/redis/errors.hpp"
#include "mfad/redis/reply.hpp"

#include "reply_reader.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::redis;
using namespace std::string_view_literals;

namespace {

Reply parse(std::string_view wire) {
    ReplyReader reader(1 << 20);
    reader.feed(wire);
    auto reply = reader.next();
    BOOST_REQUIRE_MESSAGE(reply, wire);
    return std::move(*reply);
}

} // namespace

BOOST_AUTO_TEST_SUITE(reply_tests)

BOOST_AUTO_TEST_CASE(accessors_give_what_the_server_said) {
    const Reply reply =
        parse("*6\r\n$3\r\na\0b\r\n+OK\r\n:-42\r\n$-1\r\n-ERR no\r\n*1\r\n$0\r\n\r\n"sv);
    BOOST_REQUIRE_EQUAL(reply.size(), 6U);
    BOOST_TEST(reply.at(0).text() == "a\0b"sv);
    BOOST_TEST(reply.at(1).text() == "OK");
    BOOST_TEST(reply.at(2).integer() == -42);
    BOOST_TEST(reply.at(3).is_nil());
    BOOST_TEST(!reply.at(3).text_or_nil());
    BOOST_TEST(reply.at(4).error().value() == "ERR no");
    BOOST_TEST(!reply.at(1).error());
    BOOST_TEST(reply.at(5).at(0).text_or_nil().value() == "");
    BOOST_TEST(parse("*-1\r\n").is_nil());
}

BOOST_AUTO_TEST_CASE(a_wrong_type_throws) {
    const Reply reply = parse("*2\r\n:1\r\n$1\r\n1\r\n");
    BOOST_CHECK_THROW(reply.integer(), UnexpectedReply);
    BOOST_CHECK_THROW(reply.text(), UnexpectedReply);
    BOOST_CHECK_THROW(reply.at(2), UnexpectedReply);
    BOOST_CHECK_THROW(reply.at(0).text(), UnexpectedReply);
    BOOST_CHECK_THROW(reply.at(0).text_or_nil(), UnexpectedReply);
    BOOST_CHECK_THROW(reply.at(0).size(), UnexpectedReply);
    BOOST_CHECK_THROW(reply.at(1).integer(), UnexpectedReply);
    BOOST_CHECK_THROW(parse("-ERR no\r\n").text(), UnexpectedReply);
    BOOST_CHECK_THROW(parse("$-1\r\n").text(), UnexpectedReply);
    BOOST_CHECK_THROW(Reply().text(), UnexpectedReply);
}

BOOST_AUTO_TEST_CASE(what_is_thrown_names_types_and_no_content) {
    try {
        parse("$6\r\nsecret\r\n").integer();
        BOOST_FAIL("a string is no integer");
    } catch (const UnexpectedReply& e) {
        BOOST_TEST(e.what() == "Redis: expected an integer, got a string"sv);
    }
}

BOOST_AUTO_TEST_CASE(an_error_reply_has_a_code) {
    BOOST_TEST(ErrorReply("NOSCRIPT No matching script.").code() == "NOSCRIPT");
    BOOST_TEST(ErrorReply("ERR").code() == "ERR");
}

BOOST_AUTO_TEST_CASE(only_a_sent_command_has_an_unknown_outcome) {
    using Reason = Unavailable::Reason;
    BOOST_TEST(!Unavailable(Reason::not_connected).outcome_unknown());
    BOOST_TEST(!Unavailable(Reason::overloaded).outcome_unknown());
    BOOST_TEST(Unavailable(Reason::timed_out).outcome_unknown());
    BOOST_TEST(Unavailable(Reason::lost).outcome_unknown());
}

BOOST_AUTO_TEST_CASE(resp3_and_garbage_end_the_stream) {
    for (const auto* bad : {"%1\r\n", "_\r\n", "HTTP/1.1 400 Bad Request\r\n", ">2\r\n"}) {
        ReplyReader reader(1 << 20);
        reader.feed(bad);
        BOOST_TEST(!reader.next(), bad);
        BOOST_TEST(!reader.error().empty(), bad);
        reader.feed("+OK\r\n");
        BOOST_TEST(!reader.next(), bad);
    }
}

BOOST_AUTO_TEST_CASE(a_reply_over_the_limit_ends_the_stream) {
    ReplyReader reader(100);
    reader.feed("$90\r\n" + std::string(80, 'x'));
    BOOST_TEST(!reader.next());
    BOOST_TEST(reader.error() == "");
    reader.feed("xxxxxxxxxx\r\n*50\r\n");
    BOOST_TEST(reader.next().has_value());
    BOOST_TEST(reader.has_rest());
    for (int i = 0; i < 20; ++i)
        reader.feed("$1\r\na\r\n");
    BOOST_TEST(!reader.next());
    BOOST_TEST(reader.error() == "a reply is longer than the limit");
}

BOOST_AUTO_TEST_SUITE_END()
