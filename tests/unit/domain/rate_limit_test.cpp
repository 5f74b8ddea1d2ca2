#include "mfad/domain/rate_limit.hpp"

#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::domain;
using mfad::test::read_vectors;
using std::chrono::microseconds;

namespace {

std::uint32_t number(const boost::json::value& v, std::string_view name) {
    return v.at(name).to_number<std::uint32_t>();
}

RatePolicy policy_of(const boost::json::value& v) {
    return {"p", number(v, "limit"), microseconds{v.at("periodUs").to_number<std::int64_t>()}};
}

RateVerdict verdict_of(const boost::json::value& v) {
    return {
        v.at("allowed").as_bool(), number(v, "remaining"),
        microseconds{v.at("retryAfterUs").to_number<std::int64_t>()},
        microseconds{v.at("resetUs").to_number<std::int64_t>()}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(rate_limit_tests)

BOOST_AUTO_TEST_CASE(every_step_of_the_vectors_comes_out) {
    const auto vectors = read_vectors("gcra.json");
    const auto epoch = vectors.at("epochUs").to_number<std::int64_t>();
    int steps = 0;
    for (const auto& sequence : vectors.at("sequences").as_array()) {
        std::vector<RatePolicy> policies;
        for (const auto& p : sequence.at("policies").as_array())
            policies.push_back(policy_of(p));
        std::vector<std::optional<std::int64_t>> stored(policies.size());
        for (const auto& call : sequence.at("calls").as_array()) {
            const auto now = epoch + call.at("atUs").to_number<std::int64_t>();
            std::vector<GcraStep> taken;
            bool allowed = true;
            for (std::size_t i = 0; i < policies.size(); ++i) {
                taken.push_back(gcra(now, stored[i], policies[i], number(call, "cost")));
                allowed = allowed && taken[i].verdict.allowed;
                const auto expected = verdict_of(call.at("expected").at("policies").as_array()[i]);
                BOOST_TEST(
                    (taken[i].verdict == expected), sequence.at("name").as_string()
                                                        << " at " << now - epoch);
            }
            BOOST_TEST(allowed == call.at("expected").at("allowed").as_bool());
            for (std::size_t i = 0; allowed && i < policies.size(); ++i)
                stored[i] = taken[i].arrival;
            ++steps;
        }
    }
    BOOST_TEST(steps == 50);
}

BOOST_AUTO_TEST_SUITE_END()
