#include "mfad/platform/json_text.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace mfad::platform;

namespace {
std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}
} // namespace

BOOST_AUTO_TEST_SUITE(json_text_tests)

BOOST_AUTO_TEST_CASE(documents_are_written_front_to_back) {
    JsonText j;
    j.begin_object()
        .member("success", true)
        .key("ids")
        .begin_array()
        .value(1)
        .value(-2)
        .end_array();
    j.key("value")
        .begin_object()
        .end_object()
        .key("none")
        .null()
        .member("text", "a\"b")
        .end_object();
    BOOST_TEST(j.str() == R"({"success":true,"ids":[1,-2],"value":{},"none":null,"text":"a\"b"})");
}

BOOST_AUTO_TEST_CASE(any_byte_at_any_place_is_read_back) {
    for (std::size_t length = 0; length < 20; ++length)
        for (std::size_t place = 0; place < length; ++place)
            for (unsigned byte = 0; byte < 0x80; ++byte) {
                std::string text(length, 'x');
                text[place] = static_cast<char>(byte);
                const boost::json::value read = boost::json::parse(quoted(text));
                if (read.as_string() != text) BOOST_ERROR(length << ' ' << place << ' ' << byte);
            }
}

BOOST_AUTO_TEST_CASE(no_text_breaks_a_document_or_a_line) {
    using namespace std::string_literals;
    BOOST_TEST(quoted("a\r\n\t\x01\x7f\\"s) == R"("a\r\n\t\u0001\u007f\\")");
    BOOST_TEST(quoted("\0"s) == R"("\u0000")");
    BOOST_TEST(
        quoted("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91") ==
        "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91\"");
    // Not UTF-8: lone and cut sequences, an overlong slash, a surrogate, beyond U+10FFFF.
    for (const auto& bad : {"\xff"s, "a\xc3"s, "\xc0\xaf"s, "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s}) {
        const auto out = quoted(bad);
        BOOST_TEST(out.find("\xEF\xBF\xBD") != std::string::npos);
        BOOST_CHECK_NO_THROW(boost::json::parse(out));
    }
}

BOOST_AUTO_TEST_SUITE_END()
