#include "mfad/platform/packed.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using mfad::platform::PackedReader;
using mfad::platform::PackedWriter;

BOOST_AUTO_TEST_SUITE(packed_tests)

BOOST_AUTO_TEST_CASE(fields_lie_as_struct_pack_of_redis_lays_them) {
    // struct.pack('<BI2I4lds', …) of Lua, by hand.
    PackedWriter w;
    w.u8(0xAB).u16(0x0102).u32(0x01020304).i64(-2).number(1.5).text("ab");
    const std::string_view expected(
        "\xAB\x02\x01\x04\x03\x02\x01\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
        "\x00\x00\x00\x00\x00\x00\xF8\x3F\x02\x00"
        "ab",
        27);
    BOOST_TEST((w.bytes() == expected));
}

BOOST_AUTO_TEST_CASE(what_was_written_is_read) {
    const std::string longest(0xFFFF, 'x');
    PackedWriter w;
    w.u8(255).u16(65'535).u32(4'294'967'295).i64(std::numeric_limits<std::int64_t>::min());
    w.number(9'007'199'254'740'993.0).text("").text(std::string_view("a\0b", 3)).text(longest);
    PackedReader r(w.bytes());
    BOOST_TEST(r.u8() == 255);
    BOOST_TEST(r.u16() == 65'535);
    BOOST_TEST(r.u32() == 4'294'967'295);
    BOOST_TEST(r.i64() == std::numeric_limits<std::int64_t>::min());
    BOOST_TEST(r.number() == 9'007'199'254'740'992.0);
    BOOST_TEST(r.text() == "");
    BOOST_TEST(r.text().size() == 3U);
    BOOST_TEST(!r.at_end());
    BOOST_TEST((r.text() == longest));
    BOOST_TEST(r.at_end());
}

BOOST_AUTO_TEST_CASE(a_text_that_its_count_cannot_tell_is_refused) {
    PackedWriter w;
    BOOST_CHECK_THROW(w.text(std::string(0x10000, 'x')), std::length_error);
    BOOST_TEST(w.bytes().empty());
}

BOOST_AUTO_TEST_CASE(a_record_that_was_cut_anywhere_is_not_read) {
    PackedWriter w;
    w.u8(1).u32(2).text("abc").i64(4);
    for (std::size_t length = 0; length < w.bytes().size(); ++length) {
        PackedReader r(std::string_view(w.bytes()).substr(0, length));
        const auto read = [&] {
            r.u8();
            r.u32();
            r.text();
            r.i64();
        };
        BOOST_CHECK_THROW(read(), std::out_of_range);
    }
}

BOOST_AUTO_TEST_SUITE_END()
