#include "mfad/http/form.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using mfad::http::Form;

BOOST_AUTO_TEST_SUITE(form_tests)

BOOST_AUTO_TEST_CASE(when_a_form_is_well_formed_then_its_pairs_come_decoded_in_order) {
    const auto form = Form::parse("a=1&b%20c=d+e%2Bf&=g&h&i==j");
    BOOST_REQUIRE(form);
    const std::array<std::pair<std::string_view, std::string_view>, 5> expected{
        {{"a", "1"}, {"b c", "d e+f"}, {"", "g"}, {"h", ""}, {"i", "=j"}}};
    BOOST_REQUIRE_EQUAL(form->size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        BOOST_TEST((*form)[i].name == expected[i].first);
        BOOST_TEST((*form)[i].value == expected[i].second);
    }
}

BOOST_AUTO_TEST_CASE(when_there_is_nothing_then_the_form_is_empty) {
    for (const std::string_view text : {"", "&", "&&&"}) {
        const auto form = Form::parse(text);
        BOOST_REQUIRE(form);
        BOOST_TEST(form->empty());
    }
}

BOOST_AUTO_TEST_CASE(when_an_escape_is_malformed_then_there_is_no_form) {
    for (const std::string_view text : {"%", "a=%", "a=%4", "a=%4g", "%g4=a", "a=b&c=%-1", "a=% 1"})
        BOOST_TEST(!Form::parse(text), text);
}

BOOST_AUTO_TEST_CASE(when_bytes_are_escaped_then_they_are_decoded_once_and_kept) {
    const auto form = Form::parse("a=%00%ff%2541&b=%26%3D");
    BOOST_REQUIRE(form);
    BOOST_TEST(*form->find("a") == std::string_view("\0\xff%41", 5));
    BOOST_TEST(*form->find("b") == "&=");
}

BOOST_AUTO_TEST_CASE(when_a_name_is_looked_up_then_the_first_is_found_and_duplicates_show) {
    const auto form = Form::parse("a=1&b=2&a=3&A=4");
    BOOST_REQUIRE(form);
    BOOST_TEST(*form->find("a") == "1");
    BOOST_TEST(form->count("a") == 2);
    BOOST_TEST(form->count("b") == 1);
    BOOST_TEST(form->count("c") == 0);
    BOOST_TEST(!form->find("c"));
}

BOOST_AUTO_TEST_CASE(when_there_are_more_pairs_than_allowed_then_there_is_no_form) {
    BOOST_TEST(Form::parse("a=1&b=2&c=3", 3).has_value());
    BOOST_TEST(!Form::parse("a=1&b=2&c=3&d=4", 3).has_value());
}

BOOST_AUTO_TEST_CASE(when_a_form_is_moved_then_its_views_are_its_own) {
    auto form = Form::parse("a=1");
    const Form moved = std::move(*form);
    form.reset();
    BOOST_TEST(*moved.find("a") == "1");
}

BOOST_AUTO_TEST_SUITE_END()
