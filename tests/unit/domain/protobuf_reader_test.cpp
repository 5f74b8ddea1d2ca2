#include "protobuf_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <string>

using mfad::domain::ProtobufReader;
using namespace std::string_literals;
using Type = ProtobufReader::Type;

namespace {

/// Reads `message` to its end: whether it is well-formed.
bool is_message(std::string_view message) {
    ProtobufReader reader(message);
    while (reader.next()) {
    }
    return !reader.failed();
}

std::uint64_t varint(std::string_view message) {
    return ProtobufReader(message).next().value().varint;
}

} // namespace

BOOST_AUTO_TEST_SUITE(protobuf_reader_tests)

// The examples of protobuf.dev, "Encoding": 150 in field 1, "testing" in field 2.
BOOST_AUTO_TEST_CASE(fields_come_in_their_order) {
    const auto message = "\x08\x96\x01\x12\x07testing\x1d\x01\x02\x03\x04\x21"
                         "12345678\x08\x00"s;
    ProtobufReader reader(message);
    const auto number = reader.next().value();
    BOOST_TEST((number.number == 1 && number.type == Type::varint && number.varint == 150));
    const auto text = reader.next().value();
    BOOST_TEST((text.number == 2 && text.type == Type::bytes && text.bytes == "testing"));
    const auto small = reader.next().value();
    BOOST_TEST((small.number == 3 && small.type == Type::fixed32));
    BOOST_TEST(small.bytes == "\x01\x02\x03\x04");
    const auto large = reader.next().value();
    BOOST_TEST((large.number == 4 && large.type == Type::fixed64 && large.bytes == "12345678"));
    BOOST_TEST(reader.next().value().varint == 0U);
    BOOST_TEST(!reader.next());
    BOOST_TEST(!reader.failed());
    BOOST_TEST(is_message(""));
    BOOST_TEST(is_message("\x12\x00"s));
}

BOOST_AUTO_TEST_CASE(integers_have_up_to_64_bits) {
    const auto most = "\x08" + std::string(9, '\xff');
    BOOST_TEST(varint(most + "\x01") == std::numeric_limits<std::uint64_t>::max());
    BOOST_TEST(varint("\x08\x80\x80\x00"s) == 0U); // longer than need be
    for (const auto& bad :
         {most + "\x02", most + "\x7f", most + "\xff\x01", most, "\x08\x80"s, "\x08"s, "\x80"s,
          most + "\x81\x00"s})
        BOOST_TEST(!is_message(bad));
}

BOOST_AUTO_TEST_CASE(lengths_are_held_against_what_is_there) {
    for (const auto& bad :
         {"\x12"s, "\x12\x01"s, "\x12\x08testing"s, "\x12\xff\xff\xff\xff\x0f"s,
          "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s, "\x1d\x01\x02\x03"s, "\x21\x31"s})
        BOOST_TEST(!is_message(bad));
}

BOOST_AUTO_TEST_CASE(groups_and_impossible_fields_end_the_reading) {
    for (const auto& bad :
         {"\x0b\x0c"s, "\x0c"s, "\x0e\x00"s, "\x0f\x00"s, "\x00\x00"s, "\x02\x00"s,
          "\x80\x80\x80\x80\x10\x00"s}) { // field 2^29
        ProtobufReader reader(bad);
        BOOST_TEST(!reader.next());
        BOOST_TEST(reader.failed());
        BOOST_TEST(!reader.next());
    }
    BOOST_TEST(is_message("\xf8\xff\xff\xff\x0f\x00"s)); // field 2^29 - 1
}

BOOST_AUTO_TEST_SUITE_END()
