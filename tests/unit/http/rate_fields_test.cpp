#include "mfad/http/rate_fields.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using mfad::http::rate_fields;
using mfad::http::RateFields;
using mfad::http::RateState;

namespace {

/// A List (RFC 9651 section 4.2.1) of String Items with Integer parameters: all that the two fields
/// are made of.
struct Member {
    std::string text;
    std::map<std::string, std::int64_t> parameters;
};

class ListParser {
public:
    explicit ListParser(std::string_view text) : rest_(text) {}

    std::vector<Member> parse() {
        std::vector<Member> members;
        skip(" ");
        while (!rest_.empty()) {
            members.push_back(member());
            skip(" \t");
            if (rest_.empty()) break;
            expect(',');
            skip(" \t");
            if (rest_.empty()) fail("trailing comma");
        }
        return members;
    }

private:
    [[noreturn]] void fail(const char* why) {
        throw std::runtime_error(std::string(why) + " before: " + std::string(rest_));
    }
    void skip(std::string_view any) {
        while (!rest_.empty() && any.find(rest_.front()) != std::string_view::npos)
            rest_.remove_prefix(1);
    }
    char take() {
        if (rest_.empty()) fail("end");
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    void expect(char c) {
        if (take() != c) fail("other character expected");
    }
    Member member() {
        Member result{string(), {}};
        while (rest_.starts_with(';')) {
            take();
            skip(" ");
            std::string name = key();
            expect('=');
            result.parameters[std::move(name)] = integer();
        }
        return result;
    }
    std::string string() {
        std::string text;
        expect('"');
        for (;;) {
            char c = take();
            if (c == '"') return text;
            if (c == '\\') {
                c = take();
                if (c != '"' && c != '\\') fail("bad escape");
            } else if (c < 0x20 || c > 0x7e) {
                fail("not ASCII");
            }
            text.push_back(c);
        }
    }
    std::string key() {
        std::string name;
        constexpr std::string_view first = "abcdefghijklmnopqrstuvwxyz*";
        constexpr std::string_view more = "abcdefghijklmnopqrstuvwxyz0123456789_-.*";
        if (rest_.empty() || first.find(rest_.front()) == std::string_view::npos) fail("bad key");
        while (!rest_.empty() && more.find(rest_.front()) != std::string_view::npos)
            name.push_back(take());
        return name;
    }
    std::int64_t integer() {
        std::string digits;
        if (rest_.starts_with('-')) digits.push_back(take());
        const std::size_t sign = digits.size();
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9')
            digits.push_back(take());
        if (digits.size() == sign || digits.size() > sign + 15) fail("bad integer");
        return std::stoll(digits);
    }

    std::string_view rest_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(rate_fields_tests)

BOOST_AUTO_TEST_CASE(when_policies_are_told_then_both_fields_are_lists_of_them) {
    const std::array states{
        RateState{"verify", 5, 300s, 3, 120s}, RateState{"day", 50, 86400s, 49, 1s}};
    const RateFields fields = rate_fields(states);
    BOOST_TEST(fields.policy == "\"verify\";q=5;w=300, \"day\";q=50;w=86400");
    BOOST_TEST(fields.limit == "\"verify\";r=3;t=120, \"day\";r=49;t=1");
}

BOOST_AUTO_TEST_CASE(when_fields_are_parsed_strictly_then_they_say_what_was_told) {
    const std::array states{
        RateState{"a \"quoted\" \\ name", 0, 0s, 0, 0s},
        RateState{
            "big", UINT64_MAX, std::chrono::seconds::max(), UINT64_MAX,
            std::chrono::seconds::max()},
        RateState{"late", 1, 1s, 1, -5s},
        RateState{"", 999'999'999'999'999, 1s, 1'000'000'000'000'000, 1s},
    };
    const RateFields fields = rate_fields(states);
    const std::vector<Member> policies = ListParser(fields.policy).parse();
    const std::vector<Member> limits = ListParser(fields.limit).parse();
    BOOST_REQUIRE_EQUAL(policies.size(), states.size());
    BOOST_REQUIRE_EQUAL(limits.size(), states.size());
    for (std::size_t i = 0; i < states.size(); ++i) {
        BOOST_TEST(policies[i].text == states[i].policy);
        BOOST_TEST(limits[i].text == states[i].policy);
        BOOST_TEST(limits[i].parameters.at("t") >= 0);
    }
    constexpr std::int64_t largest = 999'999'999'999'999;
    BOOST_TEST(policies[0].parameters.at("q") == 0);
    BOOST_TEST(policies[0].parameters.count("w") == 0); // has to be positive where it is
    BOOST_TEST(policies[1].parameters.at("q") == largest);
    BOOST_TEST(policies[1].parameters.at("w") == largest);
    BOOST_TEST(limits[1].parameters.at("r") == largest);
    BOOST_TEST(limits[1].parameters.at("t") == largest);
    BOOST_TEST(limits[2].parameters.at("t") == 0);
    BOOST_TEST(policies[3].parameters.at("q") == largest);
    BOOST_TEST(limits[3].parameters.at("r") == largest);
}

BOOST_AUTO_TEST_CASE(when_nothing_was_counted_then_the_fields_are_empty) {
    const RateFields fields = rate_fields({});
    BOOST_TEST(fields.limit.empty());
    BOOST_TEST(fields.policy.empty());
}

BOOST_AUTO_TEST_CASE(when_a_name_cannot_be_written_then_it_is_refused) {
    for (const std::string_view name : {"a\r\nb", "\x7f", "\xc3\xbc"}) {
        const std::array states{RateState{name, 1, 1s, 1, 1s}};
        BOOST_CHECK_THROW(rate_fields(states), std::logic_error);
    }
}

BOOST_AUTO_TEST_SUITE_END()
