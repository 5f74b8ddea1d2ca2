#include "mfad/platform/encoding.hpp"

#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::platform;
using namespace std::string_literals;
using mfad::test::read_vectors;
using mfad::test::text;

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
        BOOST_TEST(from_base64(base64(bytes)).value() == bytes);
        BOOST_TEST(from_base32(base32(bytes)).value() == bytes);
        BOOST_TEST(from_typed_base32(base32(bytes)).value() == bytes);
        BOOST_TEST(from_hex(hex(bytes)).value() == bytes);
        bytes.push_back(static_cast<char>(i * 37));
    }
}

BOOST_AUTO_TEST_CASE(one_value_has_one_text) {
    for (const auto& text : {"Zg=="s, "Zh"s, "Z"s, "Zm9 v"s, "Zm9+"s, "Zm9/"s, "Zm9v\n"s, "Zm\0v"s})
        BOOST_TEST(!from_base64url(text), text);
}

BOOST_AUTO_TEST_CASE(base64_wants_its_padding_and_its_alphabet) {
    BOOST_TEST(from_base64("+/+/").value() == "\xfb\xff\xbf");
    BOOST_TEST(from_base64("Zm8=").value() == "fo");
    BOOST_TEST(from_base64("Zg==").value() == "f");
    for (const auto& bad :
         {"Zm8"s, "Zg"s, "Zg="s, "Zg==="s, "Z==="s, "===="s, "="s, "Zm8=Zm8="s, "-_-_"s, "Zh=="s,
          "Zm9="s, "Zm9v\n"s, "Zm9 "s, "Zm9\0"s})
        BOOST_TEST(!from_base64(bad), bad);
}

BOOST_AUTO_TEST_CASE(base32_is_that_of_the_rfc_without_padding) {
    const auto file = read_vectors("base32-rfc4648.json");
    int seen = 0;
    for (const auto& v : file.at("vectors").as_array()) {
        const auto bytes = *from_hex(text(v, "asciiHex"));
        const auto bare = text(v, "base32NoPad");
        const auto padded = text(v, "base32");
        BOOST_TEST(base32(bytes) == bare);
        BOOST_TEST(from_base32(bare).value() == bytes);
        BOOST_TEST(from_base32(padded).has_value() == (padded == bare));
        BOOST_TEST(from_typed_base32(padded).value() == bytes);
        ++seen;
    }
    BOOST_TEST(seen == 12);
}

BOOST_AUTO_TEST_CASE(people_write_base32_as_they_like) {
    const auto file = read_vectors("base32-rfc4648.json");
    for (const auto& v : file.at("decodeOnly").as_array()) {
        BOOST_TEST(hex(from_typed_base32(text(v, "in")).value()) == text(v, "hex"));
        BOOST_TEST(!from_base32(text(v, "in")));
    }
    for (const auto* typed : {"mzxw-6ytb", " MZXW6YTB ", "m z x w 6 y t b", "--MZXW6YTB--"})
        BOOST_TEST(from_typed_base32(typed).value() == "fooba", typed);
    BOOST_TEST(from_typed_base32("mzxw 6yq=").value() == "foob");
    BOOST_TEST(from_typed_base32("").value() == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_base32_is_refused_by_both_readers) {
    const auto file = read_vectors("base32-rfc4648.json");
    int seen = 0;
    for (const auto& v : file.at("invalid").as_array()) {
        const auto bad = text(v, "in");
        BOOST_TEST_CONTEXT(bad) {
            BOOST_TEST(!from_base32(bad));
            // The one with bits to spare is what random characters may give.
            BOOST_TEST(from_typed_base32(bad).has_value() == (bad == "MZ======"));
        }
        ++seen;
    }
    BOOST_TEST(seen == 13);
    BOOST_TEST(!from_base32("MZ"));
    BOOST_TEST(from_typed_base32("MZ").value() == "f");
    for (const auto& bad :
         {"MZXW6YTB\t"s, "MZXW6YTB\n"s, "MZXW_6YTB"s, "MY =====M"s, "MY======="s,
          "MZXW6YTB========"s, "="s})
        BOOST_TEST(!from_typed_base32(bad), bad);
}

BOOST_AUTO_TEST_CASE(hex_takes_either_case_and_whole_bytes) {
    BOOST_TEST(from_hex("00fFA0").value() == "\0\xff\xa0"s);
    BOOST_TEST(!from_hex("0"));
    BOOST_TEST(!from_hex("0g"));
}

BOOST_AUTO_TEST_SUITE_END()
