#include "mfad/http/message.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <stdexcept>

using namespace mfad::http;

BOOST_AUTO_TEST_SUITE(message_tests)

BOOST_AUTO_TEST_CASE(when_a_header_is_looked_up_then_the_name_may_be_in_any_case) {
    const std::array<Header, 3> headers{{{"Accept", "a"}, {"X-One", "1"}, {"x-one", "2"}}};
    Request request;
    request.headers = headers;
    BOOST_TEST(*request.header("x-ONE") == "1");
    BOOST_TEST(request.count("X-One") == 2);
    BOOST_TEST(!request.header("X-On"));
    BOOST_TEST(request.count("Host") == 0);
}

BOOST_AUTO_TEST_CASE(when_fields_are_added_then_they_are_kept_in_wire_form) {
    Response response(201, "application/json", "{}");
    response.header("Location", "/a").header("ETag", "\"b\"");
    BOOST_TEST(response.fields() == "Location: /a\r\nETag: \"b\"\r\n");
    BOOST_TEST(!response.has_cache_control());
    response.header("cache-control", "public, max-age=300");
    BOOST_TEST(response.has_cache_control());
    BOOST_TEST(!response.closes());
    BOOST_TEST(response.close().closes());
}

BOOST_AUTO_TEST_CASE(when_a_value_could_end_its_line_then_it_is_refused) {
    Response response;
    for (const char c : {'\r', '\n', '\0', '\x1f', '\x7f', '\t'})
        for (std::size_t place = 0; place < 20; ++place) {
            std::string value(20, 'b');
            value[place] = c;
            BOOST_CHECK_THROW(response.header("A", value), std::logic_error);
            value[place ^ 1] = '\xc3';
            BOOST_CHECK_THROW(response.header("A", value), std::logic_error);
        }
    for (const std::string_view name : {"", "A b", "A:", "A\r\n", "\xc3\xbc"})
        BOOST_CHECK_THROW(FieldName::checked(name), std::logic_error);
    for (const std::string_view name :
         {"content-length", "Connection", "Transfer-Encoding", "DATE"})
        BOOST_CHECK_THROW(FieldName::checked(name), std::logic_error);
    BOOST_TEST(response.fields().empty());
    response.header("A", "\xc3\xbc");
    BOOST_TEST(response.fields() == "A: \xc3\xbc\r\n");
}

BOOST_AUTO_TEST_CASE(when_a_fault_is_answered_then_its_status_has_a_name) {
    const std::array<unsigned, fault_count> statuses{400, 431, 414, 413, 415,
                                                     417, 501, 408, 500, 503};
    for (std::size_t i = 0; i < statuses.size(); ++i) {
        BOOST_TEST(status_of(static_cast<Fault>(i)) == statuses[i]);
        BOOST_TEST(!reason_phrase(statuses[i]).empty());
    }
    BOOST_TEST(status_of(Fault::internal) == 500);
    BOOST_TEST(reason_phrase(299) == "");
}

BOOST_AUTO_TEST_CASE(when_a_method_is_named_then_it_is_as_on_the_wire) {
    BOOST_TEST(to_string(Method::get) == "GET");
    BOOST_TEST(to_string(Method::delete_) == "DELETE");
    BOOST_TEST(to_string(Method::other) == "");
}

BOOST_AUTO_TEST_SUITE_END()
