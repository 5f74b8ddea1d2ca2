#include "mfad/domain/totp.hpp"

#include "mfad/platform/encoding.hpp"
#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace mfad::domain;
using mfad::platform::from_hex;
using mfad::platform::Secret;
using mfad::platform::UnixMillis;
using mfad::test::read_vectors;
using mfad::test::text;
using Kind = TotpVerdict::Kind;
namespace json = boost::json;

namespace {

TotpKey key_of(std::string_view hex, TotpParameters parameters = {}) {
    return {Secret::take(from_hex(hex).value()), parameters};
}

TotpKey rfc_key() {
    return key_of("3132333435363738393031323334353637383930");
}

UnixMillis at(std::int64_t seconds) {
    return UnixMillis{std::chrono::seconds{seconds}};
}

/// In step 56666667 of 30 s, whose codes and those of the steps around are in the vectors.
constexpr std::int64_t now = 1700000015;
constexpr std::int64_t step = 56666667;

Kind kind_of(std::string_view typed, const TotpHistory& history = {}, std::uint32_t window = 1) {
    return match_totp(rfc_key(), typed, at(now), history, window).kind;
}

Kind expected_kind(const json::value& expected) {
    if (expected.at("accept").as_bool()) return Kind::accepted;
    const auto* const reason = expected.as_object().if_contains("reason");
    if (!reason) return Kind::wrong;
    return *reason == "replay" ? Kind::already_used : Kind::malformed;
}

} // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(Kind)

BOOST_AUTO_TEST_SUITE(totp_tests)

BOOST_AUTO_TEST_CASE(codes_by_counter_are_those_of_rfc_4226) {
    const auto file = read_vectors("hotp-rfc4226.json");
    const auto key = key_of(text(file, "secretHex"));
    for (const auto& v : file.at("vectors").as_array())
        BOOST_TEST(hotp(key, v.at("count").to_number<std::uint64_t>()) == text(v, "otp"));
    BOOST_TEST(file.at("vectors").as_array().size() == 10U);
}

BOOST_AUTO_TEST_CASE(codes_by_time_are_those_of_rfc_6238) {
    const auto file = read_vectors("totp-rfc6238.json");
    std::set<std::string> modes;
    for (const auto& v : file.at("vectors").as_array()) {
        const auto mode = text(v, "mode");
        modes.insert(mode);
        const auto& secrets = file.at("secretsHex");
        const auto seconds = v.at("time").as_int64();
        BOOST_TEST(totp_step(at(seconds), 30) == v.at("step").as_int64());
        for (const std::uint32_t digits : {6U, 8U}) {
            const auto key = key_of(text(secrets, mode), {*totp_algorithm(mode), digits, 30});
            const auto code = text(v, digits == 6 ? "totp6" : "totp8");
            BOOST_TEST(hotp(key, v.at("step").to_number<std::uint64_t>()) == code);
            const auto verdict = match_totp(key, code, at(seconds), {}, 0);
            BOOST_TEST((verdict.kind == Kind::accepted));
            BOOST_TEST(verdict.step == v.at("step").as_int64());
        }
    }
    BOOST_TEST(modes.size() == 3U);
}

BOOST_AUTO_TEST_CASE(window_replay_and_format_are_judged_as_the_vectors_say) {
    const auto file = read_vectors("totp-rfc6238.json");
    const auto& part = file.at("windowAndReplay");
    const auto key = key_of(text(part, "secretHex"));
    int seen = 0;
    for (const auto& v : part.at("vectors").as_array()) {
        // Apps show "732 303": spaces are no part of the code, as the vector's note has it.
        if (text(v, "id") == "malformed-space-inside") continue;
        TotpHistory history;
        if (const auto* last = v.at("lastUsedStep").if_int64()) history.last_step = *last;
        const auto verdict = match_totp(
            key, text(v, "code"), at(v.at("now").as_int64()), history,
            v.at("windowSteps").to_number<std::uint32_t>());
        BOOST_TEST_CONTEXT(text(v, "id")) {
            const auto& expected = v.at("expected");
            BOOST_TEST((verdict.kind == expected_kind(expected)));
            if (verdict.kind == Kind::accepted)
                BOOST_TEST(verdict.step == expected.at("step").as_int64());
        }
        ++seen;
    }
    BOOST_TEST(seen == 20);
}

BOOST_AUTO_TEST_CASE(spaces_and_hyphens_are_no_part_of_a_code) {
    for (const auto* typed : {"732 303", "732-303", " 732303 ", "7-3-2 3 0 3"})
        BOOST_TEST((kind_of(typed) == Kind::accepted), typed);
    for (const auto* typed : {"732\t303", "732303\n", "732.303", "732_303", " ", "-", "7323030"})
        BOOST_TEST((kind_of(typed) == Kind::malformed), typed);
}

// A six-digit code is the end of the eight-digit one: a hundred times easier to guess.
BOOST_AUTO_TEST_CASE(the_length_is_the_authenticators) {
    const auto key = key_of("3132333435363738393031323334353637383930", {.digits = 8});
    const auto code = hotp(key, static_cast<std::uint64_t>(step));
    BOOST_TEST(code.substr(2) == "732303");
    BOOST_TEST((match_totp(key, code, at(now), {}).kind == Kind::accepted));
    BOOST_TEST((match_totp(key, "732303", at(now), {}).kind == Kind::malformed));
    BOOST_TEST((kind_of(code) == Kind::malformed));
}

// 713364 276857 921300 [732303] 136087 253938 250026
BOOST_AUTO_TEST_CASE(the_window_is_as_wide_as_wanted_and_no_wider_than_two) {
    BOOST_TEST((kind_of("732303", {}, 0) == Kind::accepted));
    for (const auto* next : {"921300", "136087"}) {
        BOOST_TEST((kind_of(next, {}, 0) == Kind::wrong), next);
        BOOST_TEST((kind_of(next, {}, 1) == Kind::accepted), next);
    }
    for (const auto* second : {"276857", "253938"}) {
        BOOST_TEST((kind_of(second, {}, 1) == Kind::wrong), second);
        BOOST_TEST((kind_of(second, {}, 2) == Kind::accepted), second);
    }
    for (const auto* third : {"713364", "250026"})
        BOOST_TEST((kind_of(third, {}, 1000) == Kind::wrong), third);
}

BOOST_AUTO_TEST_CASE(a_used_code_outside_of_the_window_is_just_wrong) {
    BOOST_TEST((kind_of("276857", {.last_step = step}) == Kind::wrong));
    BOOST_TEST((kind_of("276857", {.last_step = step}, 2) == Kind::already_used));
}

BOOST_AUTO_TEST_CASE(the_window_follows_the_authenticators_clock) {
    const auto ahead = match_totp(rfc_key(), "253938", at(now), {.drift = 2});
    BOOST_TEST((ahead.kind == Kind::accepted));
    BOOST_TEST(ahead.step == step + 2);
    BOOST_TEST(ahead.drift == 2);
    const auto slower = match_totp(rfc_key(), "136087", at(now), {.drift = 2});
    BOOST_TEST(slower.drift == 1);
    BOOST_TEST((kind_of("732303", {.drift = 2}) == Kind::wrong));
    BOOST_TEST((kind_of("713364", {.drift = -3}) == Kind::accepted));
    BOOST_TEST((kind_of("713364", {.last_step = step - 3, .drift = -3}) == Kind::already_used));
    // No stored number moves the window further than ten steps.
    const auto far = hotp(rfc_key(), static_cast<std::uint64_t>(step) + 12);
    BOOST_TEST((kind_of(far, {.drift = 12}) == Kind::wrong));
    BOOST_TEST((kind_of(far, {.drift = 2'000'000'000}, 2) == Kind::accepted));
}

// Steps 910737 and 910738 of this secret both have the code 911617: if the older one were stored,
// the code would pass a second time.
BOOST_AUTO_TEST_CASE(a_code_of_two_steps_is_spent_once_and_for_all) {
    BOOST_TEST(hotp(rfc_key(), 910737) == "911617");
    BOOST_TEST(hotp(rfc_key(), 910738) == "911617");
    for (const std::int64_t shown : {910737, 910738}) {
        const auto first = match_totp(rfc_key(), "911617", at(shown * 30), {});
        BOOST_TEST((first.kind == Kind::accepted));
        BOOST_TEST(first.step == 910738);
        const auto second =
            match_totp(rfc_key(), "911617", at(shown * 30), {.last_step = first.step});
        BOOST_TEST((second.kind == Kind::already_used));
    }
    const auto newer = match_totp(rfc_key(), "911617", at(910738 * 30), {.last_step = 910737});
    BOOST_TEST((newer.kind == Kind::accepted));
}

BOOST_AUTO_TEST_CASE(steps_only_go_forward) {
    TotpHistory history;
    std::int64_t accepted = 0;
    for (std::int64_t second = now; second < now + 300; second += 7)
        for (const std::int64_t offset : {-1, 0, 1}) {
            const auto of = totp_step(at(second), 30) + offset;
            const auto code = hotp(rfc_key(), static_cast<std::uint64_t>(of));
            const auto verdict = match_totp(rfc_key(), code, at(second), history);
            const bool fresh = !history.last_step || of > *history.last_step;
            BOOST_TEST((verdict.kind == (fresh ? Kind::accepted : Kind::already_used)));
            if (!fresh) continue;
            BOOST_TEST(verdict.step == of);
            history.last_step = verdict.step;
            ++accepted;
        }
    // The steps before and after the first one and itself; then one more each 30 s.
    BOOST_TEST(accepted == totp_step(at(now + 294), 30) - step + 3);
}

BOOST_AUTO_TEST_CASE(times_before_the_first_step_have_no_codes) {
    BOOST_TEST(totp_step(at(0), 30) == 0);
    BOOST_TEST(totp_step(at(29), 30) == 0);
    BOOST_TEST(totp_step(at(30), 30) == 1);
    BOOST_TEST(totp_step(UnixMillis{std::chrono::milliseconds{29'999}}, 30) == 0);
    BOOST_TEST(totp_step(at(-1), 30) == -1);
    BOOST_TEST(totp_step(at(-30), 30) == -1);
    BOOST_TEST(totp_step(at(-31), 30) == -2);
    BOOST_TEST((match_totp(rfc_key(), "755224", at(-1), {}).kind == Kind::accepted)); // counter 0
    BOOST_TEST((match_totp(rfc_key(), "755224", at(-100), {}).kind == Kind::wrong));
}

BOOST_AUTO_TEST_CASE(new_secrets_have_160_bits_of_their_own) {
    std::set<std::string> secrets;
    for (int i = 0; i < 100; ++i) {
        const auto secret = new_totp_secret();
        BOOST_TEST(secret.reveal().size() == 20U);
        secrets.emplace(secret.reveal());
    }
    BOOST_TEST(secrets.size() == 100U);
}

BOOST_AUTO_TEST_CASE(parameters_have_their_ranges) {
    BOOST_TEST(is_valid(TotpParameters{}));
    for (const auto digits : {0U, 5U, 7U, 9U, 10U})
        BOOST_TEST(!is_valid({.digits = digits}), digits);
    for (const auto period : {15U, 30U, 60U, 120U})
        BOOST_TEST(is_valid({.digits = 8, .period = period}), period);
    for (const auto period : {0U, 14U, 121U, 4294967295U})
        BOOST_TEST(!is_valid({.period = period}), period);
    BOOST_TEST((totp_algorithm("sha256") == TotpAlgorithm::sha256));
    for (const auto algorithm : {TotpAlgorithm::sha1, TotpAlgorithm::sha256, TotpAlgorithm::sha512})
        BOOST_TEST((totp_algorithm(to_string(algorithm)) == algorithm));
    for (const auto* name : {"", "MD5", "SHA", "SHA-1", "SHA1 ", "SHA224"})
        BOOST_TEST(!totp_algorithm(name), name);
}

BOOST_AUTO_TEST_SUITE_END()
