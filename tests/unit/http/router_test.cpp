#include "mfad/http/router.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <stdexcept>
#include <vector>

using namespace mfad::http;

namespace {

constexpr auto get = Method::get;
constexpr auto post = Method::post;

constexpr std::array routes{
    Route{get | Method::head, "/users", 1},
    Route{post, "/users", 2},
    Route{get, "/users/{user_id}", 3},
    Route{get, "/users/me", 4},
    Route{post, "/projects/{project_id}/users/{user_id}/mfa", 5},
    Route{get, "/projects/{project_id}/users/me/keys", 6},
    Route{get, "/auth/", 7},
    Route{get, "/panel", 8, true},
    Route{get, "/", 9},
    Route{get, "/.well-known/jwks.json", 10},
};

const Router& router() {
    static const Router instance(routes);
    return instance;
}

RouteMatch match(Method method, std::string_view path) {
    return router().match(method, path);
}

} // namespace

BOOST_AUTO_TEST_SUITE(router_tests)

BOOST_AUTO_TEST_CASE(when_path_and_method_fit_then_the_route_is_found) {
    const std::array<std::tuple<Method, std::string_view, RouteId>, 10> cases{{
        {get, "/users", 1},
        {Method::head, "/users", 1},
        {post, "/users", 2},
        {get, "/users/42", 3},
        {get, "/users/me", 4},
        {get, "/auth/", 7},
        {get, "/panel", 8},
        {get, "/panel/", 8},
        {get, "/", 9},
        {get, "/.well-known/jwks.json", 10},
    }};
    for (const auto& [method, path, id] : cases) {
        BOOST_TEST(match(method, path).found(), path);
        BOOST_TEST(match(method, path).id() == id, path);
    }
}

BOOST_AUTO_TEST_CASE(when_a_path_has_parameters_then_they_come_decoded_in_their_order) {
    const RouteMatch plain = match(post, "/projects/p1/users/u2/mfa");
    BOOST_TEST(plain.parameter_count() == 2);
    BOOST_TEST(plain.parameter(0) == "p1");
    BOOST_TEST(plain.parameter(1) == "u2");
    RouteMatch decoded = match(post, "/projects/%70%311/users/a%40b+c%20%25d/mfa");
    const RouteMatch moved = std::move(decoded);
    BOOST_TEST(moved.parameter(0) == "p11");
    BOOST_TEST(moved.parameter(1) == "a@b+c %d");
}

BOOST_AUTO_TEST_CASE(when_a_segment_is_escaped_then_it_is_decoded_once) {
    BOOST_TEST(match(get, "/%75sers").id() == 1);
    BOOST_TEST(match(get, "/users/%2541").parameter(0) == "%41");
}

BOOST_AUTO_TEST_CASE(when_a_segment_hides_something_then_nothing_matches) {
    for (const std::string_view path :
         {"/users%2F42", "/users/a%2Fb", "/users/a%2fb", "/users/%00", "/users/a%0d%0ab",
          "/users/%7f", "/users/%c3%bc", "/users/\xc3\xbc", "/users/%", "/users/%4", "/users/%zz",
          "/users/a%2", "/users/a\tb"})
        BOOST_TEST((match(get, path).kind() == RouteMatch::Kind::not_found), path);
}

BOOST_AUTO_TEST_CASE(when_the_path_is_another_then_it_is_not_found) {
    for (const std::string_view path :
         {"", "users", "/user", "/users/", "//users", "/users//", "/users/42/", "/users/42/x",
          "/auth", "/panel//", "/projects//users/1/mfa", "/./users", "/users/../users", "/Users",
          "/panel/x", "/projects/1/users/2"})
        BOOST_TEST((match(get, path).kind() == RouteMatch::Kind::not_found), path);
}

BOOST_AUTO_TEST_CASE(when_a_dot_segment_fits_a_parameter_then_it_is_text) {
    BOOST_TEST(match(get, "/users/..").parameter(0) == "..");
    BOOST_TEST(match(get, "/users/%2e%2e").parameter(0) == "..");
}

BOOST_AUTO_TEST_CASE(when_the_method_is_another_then_the_allowed_ones_are_told) {
    const RouteMatch list = match(Method::delete_, "/users");
    BOOST_TEST((list.kind() == RouteMatch::Kind::method_not_allowed));
    BOOST_TEST(allow_value(list.allowed()) == "GET, HEAD, POST");
    const RouteMatch one = match(Method::other, "/users/42");
    BOOST_TEST((one.kind() == RouteMatch::Kind::method_not_allowed));
    BOOST_TEST(allow_value(one.allowed()) == "GET");
}

BOOST_AUTO_TEST_CASE(when_a_literal_leads_nowhere_then_the_parameter_is_tried) {
    const RouteMatch literal = match(get, "/projects/p/users/me/keys");
    BOOST_TEST(literal.id() == 6);
    BOOST_TEST(literal.parameter_count() == 1);
    const RouteMatch parameter = match(post, "/projects/p/users/me/mfa");
    BOOST_TEST(parameter.id() == 5);
    BOOST_TEST(parameter.parameter_count() == 2);
    BOOST_TEST(parameter.parameter(1) == "me");
}

BOOST_AUTO_TEST_CASE(when_a_way_was_wrong_then_its_parameters_are_forgotten) {
    const std::array table{Route{get, "/a/{x}/b", 1}, Route{get, "/{y}/{z}/c", 2}};
    const Router two(table);
    const RouteMatch found = two.match(get, "/a/1/c");
    BOOST_TEST(found.id() == 2);
    BOOST_TEST(found.parameter_count() == 2);
    BOOST_TEST(found.parameter(0) == "a");
    BOOST_TEST(found.parameter(1) == "1");
}

BOOST_AUTO_TEST_CASE(when_a_path_is_very_long_or_deep_then_it_is_not_found) {
    const std::string long_path = "/users/" + std::string(70000, 'a');
    BOOST_TEST(!match(get, long_path).found());
    std::string deep;
    for (unsigned i = 0; i < 100; ++i)
        deep += "/a";
    BOOST_TEST(!match(get, deep).found());
}

BOOST_AUTO_TEST_CASE(when_a_route_table_is_wrong_then_the_router_is_not_made) {
    const std::array<std::vector<Route>, 8> tables{{
        {{get, "users", 1}},
        {{get, "", 1}},
        {{get, "/a{b}", 1}},
        {{get, "/{}", 1}},
        {{get, "/a%20b", 1}},
        {{Methods{}, "/a", 1}},
        {{get, "/{a}/b", 1}, {get | post, "/{c}/b", 2}},
        {{get, "/{a}/{b}/{c}/{d}/{e}/{f}/{g}", 1}},
    }};
    for (const std::vector<Route>& table : tables)
        BOOST_CHECK_THROW(Router{table}, std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
