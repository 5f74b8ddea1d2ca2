#include "mfad/domain/totp.hpp"

#include "child_process.hpp"
#include "mfad/platform/encoding.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <sstream>

using namespace mfad::domain;
using mfad::platform::Secret;

namespace {

std::string random_secret(std::mt19937& random) {
    std::string secret(std::uniform_int_distribution<std::size_t>(10, 70)(random), '\0');
    for (char& c : secret)
        c = static_cast<char>(random() & 255);
    return secret;
}

/// The codes of a moment and of `more` steps after it, as oathtool has them.
std::vector<std::string> codes_of_oathtool(
    const TotpKey& key, std::int64_t seconds, std::uint32_t more) {
    const auto& parameters = key.parameters;
    std::istringstream lines(mfad::test::run_program(
        {"oathtool", "--totp=" + std::string(to_string(parameters.algorithm)),
         "--digits=" + std::to_string(parameters.digits),
         "--time-step-size=" + std::to_string(parameters.period) + "s",
         "--now=@" + std::to_string(seconds), "--window=" + std::to_string(more), "--base32",
         mfad::platform::base32(key.secret.reveal())}));
    std::vector<std::string> codes;
    for (std::string line; std::getline(lines, line);)
        codes.push_back(line);
    return codes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(totp_oathtool_tests)

BOOST_AUTO_TEST_CASE(another_program_has_the_same_codes) {
    std::mt19937 random(6238);
    std::uniform_int_distribution<std::int64_t> times(0, 40'000'000'000); // the year 3237
    std::uniform_int_distribution<std::uint32_t> periods(min_totp_period, max_totp_period);
    constexpr std::uint32_t more = 3;
    for (int i = 0; i < 60; ++i) {
        const TotpParameters parameters{
            static_cast<TotpAlgorithm>(1 + i % 3), i % 2 == 0 ? 6U : 8U,
            i % 4 == 0 ? 30U : periods(random)};
        const TotpKey key{Secret::take(random_secret(random)), parameters};
        const std::int64_t seconds = times(random);
        const auto first =
            totp_step(mfad::platform::UnixMillis{std::chrono::seconds{seconds}}, parameters.period);
        std::vector<std::string> ours;
        for (std::uint32_t offset = 0; offset <= more; ++offset)
            ours.push_back(hotp(key, static_cast<std::uint64_t>(first + offset)));
        const auto theirs = codes_of_oathtool(key, seconds, more);
        BOOST_TEST(ours == theirs, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_SUITE_END()
