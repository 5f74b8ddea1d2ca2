#include "mfad/redis/command.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>

using mfad::redis::Command;
using mfad::redis::Script;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(command_tests)

BOOST_AUTO_TEST_CASE(a_command_is_an_array_of_bulk_strings) {
    Command c("HMGET");
    c.arg("mfa:{p1}:u").arg("s").arg("");
    BOOST_TEST(c.wire() == "*4\r\n$5\r\nHMGET\r\n$10\r\nmfa:{p1}:u\r\n$1\r\ns\r\n$0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(arguments_are_binary_safe) {
    Command c("SET");
    c.arg("a\0\r\n*9"sv);
    BOOST_TEST(c.wire() == "*2\r\n$3\r\nSET\r\n$6\r\na\0\r\n*9\r\n"sv);
}

BOOST_AUTO_TEST_CASE(numbers_are_decimal) {
    Command c("X");
    c.arg(0).arg(-7).arg(std::numeric_limits<std::int64_t>::min());
    c.arg(std::numeric_limits<std::uint64_t>::max());
    BOOST_TEST(
        c.wire() == "*5\r\n$1\r\nX\r\n$1\r\n0\r\n$2\r\n-7\r\n$20\r\n-9223372036854775808\r\n"
                    "$20\r\n18446744073709551615\r\n");
}

BOOST_AUTO_TEST_CASE(the_head_counts_any_number_of_arguments) {
    Command c("DEL");
    for (int count = 2; count <= 10'001; ++count) {
        c.arg("k");
        const auto head = "*" + std::to_string(count) + "\r\n$3\r\nDEL\r\n";
        BOOST_REQUIRE_EQUAL(c.wire().substr(0, head.size()), head);
    }
}

BOOST_AUTO_TEST_CASE(reset_starts_anew) {
    Command c("DEL");
    for (int i = 0; i < 12; ++i)
        c.arg(i);
    c.reset("PING");
    BOOST_TEST(c.wire() == "*1\r\n$4\r\nPING\r\n");
}

BOOST_AUTO_TEST_CASE(a_script_is_called_by_its_sha) {
    const Script script{"s", "0123456789012345678901234567890123456789", "return 1"};
    auto c = Command::eval(script, 1);
    c.arg("key").arg(5);
    BOOST_TEST(
        c.wire() == "*5\r\n$7\r\nEVALSHA\r\n$40\r\n0123456789012345678901234567890123456789\r\n"
                    "$1\r\n1\r\n$3\r\nkey\r\n$1\r\n5\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
