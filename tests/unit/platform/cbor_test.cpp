#include "mfad/platform/cbor.hpp"

#include "mfad/platform/encoding.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <random>

using namespace mfad::platform;

namespace {

/// The fault of the bytes in `digits`; nothing when they are taken.
std::optional<CborFault> fault(std::string_view digits, CborLimits limits = {}) {
    const auto bytes = from_hex(digits).value();
    const auto document = CborDocument::parse(bytes, limits);
    if (document) return std::nullopt;
    return document.error();
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i)
        all += text;
    return all;
}

std::optional<std::int64_t> integer(std::string_view digits) {
    const auto bytes = from_hex(digits).value();
    const auto document = CborDocument::parse(bytes);
    return document ? document->root().integer() : std::nullopt;
}

/// Touches all that is in an item; what lies outside of the bytes shows under the sanitizer.
std::size_t visit(CborValue value) {
    std::size_t sum = 1;
    for (const auto text : {value.bytes(), value.text()})
        for (const char c : text.value_or(""))
            sum += static_cast<unsigned char>(c);
    for (const auto element : value.elements().value_or(std::vector<CborValue>()))
        sum += visit(element);
    for (std::int64_t key = -4; key < 4; ++key)
        if (const auto member = value.find(key)) sum += visit(*member);
    for (const auto* const key : {"fmt", "attStmt", "authData", "x5c", ""})
        if (const auto member = value.find(std::string_view(key))) sum += visit(*member);
    return sum;
}

} // namespace

// boost::test prints no enums of ours.
#define CHECK_FAULT(expected, ...) BOOST_TEST((fault(__VA_ARGS__) == CborFault::expected))
#define CHECK_TAKEN(...) BOOST_TEST((fault(__VA_ARGS__) == std::nullopt))

BOOST_AUTO_TEST_SUITE(cbor_tests)

BOOST_AUTO_TEST_CASE(integers_are_those_of_the_standard) {
    // RFC 8949 appendix A.
    BOOST_TEST(integer("00").value() == 0);
    BOOST_TEST(integer("17").value() == 23);
    BOOST_TEST(integer("1818").value() == 24);
    BOOST_TEST(integer("1903e8").value() == 1000);
    BOOST_TEST(integer("1a000f4240").value() == 1000000);
    BOOST_TEST(integer("1b000000e8d4a51000").value() == 1000000000000);
    BOOST_TEST(integer("20").value() == -1);
    BOOST_TEST(integer("3863").value() == -100);
    BOOST_TEST(integer("3903e7").value() == -1000);
    BOOST_TEST(integer("1b7fffffffffffffff").value() == std::numeric_limits<std::int64_t>::max());
    BOOST_TEST(integer("3b7fffffffffffffff").value() == std::numeric_limits<std::int64_t>::min());
    CHECK_TAKEN("1bffffffffffffffff");
    BOOST_TEST(!integer("1bffffffffffffffff"));
    BOOST_TEST(!integer("3bffffffffffffffff"));
}

BOOST_AUTO_TEST_CASE(a_number_has_one_spelling) {
    for (const auto* const digits :
         {"1817", "190018", "1900ff", "1a0000ffff", "1b00000000ffffffff", "3800", "390000",
          "580100", "78016b", "980100", "b8010000"})
        BOOST_TEST_CONTEXT(digits)
    CHECK_FAULT(not_minimal, digits);
}

BOOST_AUTO_TEST_CASE(maps_are_searched_by_number_and_by_text) {
    // {1: [h'0102', "a", [true]], -1: {"k": false}, "fmt": "none", h'61': 5}
    const auto bytes = from_hex("a40183420102616181f520a1616bf463666d74646e6f6e65416105").value();
    const auto document = CborDocument::parse(bytes);
    BOOST_TEST_REQUIRE(document.has_value());
    const auto root = document->root();
    BOOST_TEST(root.size() == 4U);
    const auto list = root.find(1)->elements().value();
    BOOST_TEST_REQUIRE(list.size() == 3U);
    BOOST_TEST(list[0].bytes().value() == "\x01\x02");
    BOOST_TEST(list[1].text().value() == "a");
    BOOST_TEST(list[2].elements()->front().boolean().value());
    BOOST_TEST(!root.find(-1)->find("k")->boolean().value());
    BOOST_TEST(root.find("fmt")->text().value() == "none");
    BOOST_TEST(!root.find("a")); // bytes are not text
    BOOST_TEST(!root.find(2));
    BOOST_TEST(!list[0].find(1));
    BOOST_TEST(!root.integer());
}

BOOST_AUTO_TEST_CASE(an_item_may_be_read_off_the_front) {
    const auto bytes = from_hex("820102ffff").value();
    const auto document = CborDocument::parse_prefix(bytes);
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST(document->size() == 3U);
    CHECK_FAULT(trailing, "820102ffff");
}

BOOST_AUTO_TEST_CASE(what_is_not_whole_is_refused_at_every_length) {
    const auto whole = from_hex("a40183420102616181f520a1616bf463666d74646e6f6e65416105").value();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::string part = whole.substr(0, size); // a buffer of its own, to see reads past it
        const auto document = CborDocument::parse(part);
        BOOST_TEST_REQUIRE(!document);
        BOOST_TEST((document.error() == CborFault::truncated));
    }
}

BOOST_AUTO_TEST_CASE(claims_beyond_the_bytes_cost_nothing) {
    for (const auto* const digits :
         {"5b7fffffffffffffff", "7bffffffffffffffff", "9bffffffffffffffff", "bb8000000000000001",
          "9affffffff", "ba7fffffff0000", "5affffffff00"})
        BOOST_TEST_CONTEXT(digits)
    CHECK_FAULT(truncated, digits);
}

BOOST_AUTO_TEST_CASE(what_the_canonical_form_has_not_is_refused) {
    CHECK_FAULT(indefinite, "9f01ff");
    CHECK_FAULT(indefinite, "bf0101ff");
    CHECK_FAULT(indefinite, "5f4101ff");
    CHECK_FAULT(indefinite, "7f6161ff");
    CHECK_FAULT(indefinite, "ff");
    CHECK_FAULT(reserved, "1c");
    CHECK_FAULT(reserved, "5d");
    CHECK_FAULT(reserved, "fe");
    CHECK_FAULT(reserved, "f0");   // simple(16)
    CHECK_FAULT(reserved, "f818"); // simple(24)
    CHECK_FAULT(tag, "c11a514b67b0");
    CHECK_FAULT(utf8, "62c328");
    CHECK_FAULT(key, "a1f501");
    CHECK_FAULT(key, "a1800102");
    CHECK_FAULT(duplicate_key, "a201000101");
    CHECK_FAULT(duplicate_key, "a3616100010261610f");
    CHECK_FAULT(duplicate_key, "81a1616ba2200020f6");
    CHECK_TAKEN("a3416100616101186102"); // h'61', "a" and 97 are three keys
    CHECK_TAKEN("83f6f7f5");
    CHECK_TAKEN("83f93c00fa47c35000fb3ff199999999999a");
}

BOOST_AUTO_TEST_CASE(depth_and_number_of_items_are_bounded) {
    CHECK_TAKEN(repeated("81", 8) + "00");
    CHECK_FAULT(too_deep, repeated("81", 9) + "00");
    CHECK_FAULT(too_deep, repeated("a100", 9) + "00");
    CHECK_FAULT(too_deep, repeated("81", 100000));
    CHECK_TAKEN("8a" + repeated("00", 10), CborLimits{8, 11});
    CHECK_FAULT(too_many, "8a" + repeated("00", 10), CborLimits{8, 10});
    CHECK_FAULT(too_many, "9903ff" + repeated("00", 1024) + "00", CborLimits{8, 1000});
}

BOOST_AUTO_TEST_CASE(random_and_changed_bytes_are_taken_or_refused_and_no_more) {
    constexpr std::uint32_t seed = 20261127; // fixed: a failure has to come again
    std::mt19937 random(seed);
    const auto whole = from_hex("a40183420102616181f520a1616bf463666d74646e6f6e65416105").value();
    std::size_t taken = 0;
    for (int i = 0; i < 40000; ++i) {
        std::string bytes;
        if (i % 2 == 0) {
            bytes = whole;
            for (auto n = 1 + random() % 3; n > 0; --n)
                bytes[random() % bytes.size()] = static_cast<char>(random());
        } else {
            bytes.resize(random() % 40);
            for (char& c : bytes)
                c = static_cast<char>(random());
        }
        bytes.shrink_to_fit();
        const auto document = CborDocument::parse_prefix(bytes);
        if (!document) continue;
        ++taken;
        BOOST_TEST_REQUIRE(document->size() <= bytes.size());
        BOOST_TEST_REQUIRE(visit(document->root()) > 0U);
        // Nothing behind the item decides over it.
        const std::string item = bytes.substr(0, document->size());
        BOOST_TEST_REQUIRE(CborDocument::parse(item).has_value());
    }
    BOOST_TEST(taken > 1000U); // or the bytes above test nothing
}

BOOST_AUTO_TEST_SUITE_END()
