#include "mfad/platform/plain_text.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using mfad::platform::has_control;
using mfad::platform::plain_prefix;

namespace {

bool is_control(unsigned char c) {
    return c < 0x20 || c == 0x7f;
}

bool is_plain(unsigned char c) {
    return c < 0x80 && !is_control(c) && c != '"' && c != '\\';
}

} // namespace

BOOST_AUTO_TEST_SUITE(plain_text_tests)

// Words are looked at whole, so each byte is tried at each place of texts of one word, two and a
// part of a third, with the worst neighbours before and after it.
BOOST_AUTO_TEST_CASE(each_byte_is_judged_alike_wherever_it_stands) {
    for (std::size_t size = 1; size <= 20; ++size)
        for (std::size_t place = 0; place < size; ++place)
            for (unsigned value = 0; value < 256; ++value)
                for (const char before : {' ', '~', '!', '[', ']'}) {
                    const auto c = static_cast<unsigned char>(value);
                    std::string text(size, before);
                    text[place] = static_cast<char>(c);
                    BOOST_REQUIRE_EQUAL(plain_prefix(text), is_plain(c) ? size : place);
                    BOOST_REQUIRE_EQUAL(has_control(text), is_control(c));
                }
}

BOOST_AUTO_TEST_CASE(what_follows_the_first_does_not_hide_it) {
    for (std::size_t first = 0; first < 12; ++first)
        for (const char special : {'\0', '\x1f', '\x7f', '"', '\\', '\x80', '\xff'})
            for (const char after : {'\0', '\x01', '!', '#', '\xff'}) {
                std::string text(24, 'a');
                text[first] = special;
                std::fill(text.begin() + static_cast<std::ptrdiff_t>(first) + 1, text.end(), after);
                BOOST_REQUIRE_EQUAL(plain_prefix(text), first);
            }
}

BOOST_AUTO_TEST_CASE(nothing_is_plain_and_without_controls) {
    BOOST_TEST(plain_prefix("") == 0U);
    BOOST_TEST(!has_control(""));
    BOOST_TEST(!has_control("\x80\xff\xc3\xa4 no ASCII, no control"));
}

BOOST_AUTO_TEST_SUITE_END()
