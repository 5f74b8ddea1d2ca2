#include "mfad/platform/secret.hpp"

#include "mfad/platform/json_text.hpp"

#include <boost/test/unit_test.hpp>

#include <concepts>
#include <ostream>

using namespace mfad::platform;

namespace {
template <class T>
concept printable = requires(std::ostream& out, const T& value) {
    out << value;
};
template <class T>
concept goes_to_json = requires(JsonText& json, const T& value) {
    json.value(value);
};

// What a secret must not allow; the counterparts show that the questions are asked rightly.
static_assert(printable<std::string> && !printable<Secret>);
static_assert(goes_to_json<std::string> && !goes_to_json<Secret>);
static_assert(std::equality_comparable<std::string> && !std::equality_comparable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);
} // namespace

BOOST_AUTO_TEST_SUITE(secret_tests)

BOOST_AUTO_TEST_CASE(taking_a_string_wipes_it) {
    std::string text = "hunter2"; // short: a move of the string would leave the bytes behind
    const char* const bytes = text.data();
    const Secret secret = Secret::take(std::move(text));
    BOOST_TEST(secret.reveal() == "hunter2");
    BOOST_TEST(bytes[0] == '\0');
}

BOOST_AUTO_TEST_CASE(a_moved_secret_is_in_one_place) {
    Secret first("one");
    Secret second("two");
    second = std::move(first);
    BOOST_TEST(second.reveal() == "one");
    BOOST_TEST(first.empty()); // NOLINT(bugprone-use-after-move): that is the question
    const Secret third = std::move(second);
    BOOST_TEST(third.reveal() == "one");
    BOOST_TEST(second.empty()); // NOLINT(bugprone-use-after-move)
}

BOOST_AUTO_TEST_SUITE_END()
