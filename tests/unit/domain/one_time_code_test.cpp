#include "mfad/domain/one_time_code.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <set>

using mfad::domain::new_code;
using mfad::domain::typed_code;

BOOST_AUTO_TEST_SUITE(one_time_code_tests)

BOOST_AUTO_TEST_CASE(a_code_has_as_many_digits_as_wanted) {
    for (unsigned length = 6; length <= 8; ++length) {
        const std::string code = new_code(length);
        BOOST_TEST(code.size() == length);
        BOOST_TEST(code.find_first_not_of("0123456789") == std::string::npos);
    }
}

// Chi squared of 60,000 digits at each place, 9 degrees of freedom: above 60 once in a billion.
BOOST_AUTO_TEST_CASE(every_digit_is_as_likely_as_another_at_every_place) {
    constexpr int codes = 60'000;
    std::array<std::array<int, 10>, 6> seen{};
    std::set<std::string> different;
    for (int i = 0; i < codes; ++i) {
        const std::string code = new_code(6);
        different.insert(code);
        for (std::size_t place = 0; place < 6; ++place)
            ++seen[place][static_cast<std::size_t>(code[place] - '0')];
    }
    for (const auto& place : seen) {
        double chi = 0;
        for (const int count : place)
            chi += (count - codes / 10.0) * (count - codes / 10.0) / (codes / 10.0);
        BOOST_TEST(chi < 60);
    }
    BOOST_TEST(different.size() > 57'000U); // 58,235 expected of a million
}

BOOST_AUTO_TEST_CASE(blanks_and_hyphens_between_groups_are_no_part_of_a_code) {
    for (const char* typed : {"012345", "012 345", " 012-345 ", "0 1 2 3 4 5", "--012345"})
        BOOST_TEST(typed_code(typed, 6).value_or("none") == "012345", typed);
    BOOST_TEST(typed_code("1234 5678", 8).value_or("none") == "12345678");
}

BOOST_AUTO_TEST_CASE(what_is_not_so_many_digits_is_no_code) {
    for (const char* typed :
         {"", " ", "12345", "1234567", "12345a", "12345.", "+12345", "0x1234", "１２３４５６",
          "123456\n", "\t123456"})
        BOOST_TEST(!typed_code(typed, 6).has_value(), typed);
    BOOST_TEST(!typed_code(std::string_view("12345\0", 6), 6).has_value());
    BOOST_TEST(!typed_code("123456", 8).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
