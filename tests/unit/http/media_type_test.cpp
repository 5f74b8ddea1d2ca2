#include "mfad/http/media_type.hpp"

#include <boost/test/unit_test.hpp>

using mfad::http::names_media_type;

BOOST_AUTO_TEST_SUITE(media_type_tests)

BOOST_AUTO_TEST_CASE(when_the_type_is_named_then_case_blanks_and_parameters_do_not_matter) {
    for (const std::string_view value :
         {"application/json", "Application/JSON", " application/json ",
          "application/json;charset=utf-8", "application/json ; charset=UTF-8",
          "application/json; charset=\"utf-8\"", "application/json;",
          "application/json; a=b; charset=utf-8", "application/json; a=\"b;c\\\"\"",
          "application/json; ;a=b"})
        BOOST_TEST(names_media_type(value, "application/json"), value);
}

BOOST_AUTO_TEST_CASE(when_another_type_is_named_then_it_is_not_this_one) {
    for (const std::string_view value :
         {"", ";", "text/plain", "application/jsonp", "application/json+x", "application", "json",
          "application/ json", "application/json, text/plain", "text/plain; application/json"})
        BOOST_TEST(!names_media_type(value, "application/json"), value);
}

BOOST_AUTO_TEST_CASE(when_the_charset_is_not_utf_8_then_the_type_is_not_taken) {
    for (const std::string_view value :
         {"application/json; charset=iso-8859-1", "application/json; Charset=\"utf-16\"",
          "application/json; charset=utf-8; charset=latin1"})
        BOOST_TEST(!names_media_type(value, "application/json"), value);
}

BOOST_AUTO_TEST_CASE(when_a_parameter_is_malformed_then_the_type_is_not_taken) {
    for (const std::string_view value :
         {"application/json; charset", "application/json; charset=", "application/json; a=\"b",
          "application/json; a=\"b\\", "application/json; =b", "application/json a=b",
          "application/json; a=b c", "application/json; a=\"b\"c"})
        BOOST_TEST(!names_media_type(value, "application/json"), value);
}

BOOST_AUTO_TEST_SUITE_END()
