#include "mfad/platform/encoding.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::platform;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(encoding_tests)

BOOST_AUTO_TEST_CASE(base64url_has_no_padding) {
    // RFC 4648 section 10, in the URL alphabet.
    BOOST_TEST(base64url("") == "");
    BOOST_TEST(base64url("f") == "Zg");
    BOOST_TEST(base64url("fo") == "Zm8");
    BOOST_TEST(base64url("foo") == "Zm9v");
    BOOST_TEST(base64url("foobar") == "Zm9vYmFy");
    BOOST_TEST(base64url("\xfb\xff\xbf") == "-_-_");
    BOOST_TEST(base64("\xfb\xff\xbf") == "+/+/");
    BOOST_TEST(base64("fo") == "Zm8=");
}

BOOST_AUTO_TEST_CASE(every_length_comes_back) {
    std::string bytes;
    for (int i = 0; i < 70; ++i) {
        BOOST_TEST(from_base64url(base64url(bytes)).value() == bytes);
        BOOST_TEST(from_hex(hex(bytes)).value() == bytes);
        bytes.push_back(static_cast<char>(i * 37));
    }
}

BOOST_AUTO_TEST_CASE(one_value_has_one_text) {
    for (const auto& text : {"Zg=="s, "Zh"s, "Z"s, "Zm9 v"s, "Zm9+"s, "Zm9/"s, "Zm9v\n"s, "Zm\0v"s})
        BOOST_TEST(!from_base64url(text), text);
}

BOOST_AUTO_TEST_CASE(hex_takes_either_case_and_whole_bytes) {
    BOOST_TEST(from_hex("00fFA0").value() == "\0\xff\xa0"s);
    BOOST_TEST(!from_hex("0"));
    BOOST_TEST(!from_hex("0g"));
}

BOOST_AUTO_TEST_SUITE_END()
