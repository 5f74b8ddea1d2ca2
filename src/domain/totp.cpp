#include "mfad/domain/totp.hpp"

#include "mfad/domain/one_time_code.hpp"
#include "mfad/platform/crypto.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace mfad::domain {
namespace {

constexpr std::array<std::string_view, 3> names{"SHA1", "SHA256", "SHA512"};
constexpr std::int64_t no_step = std::numeric_limits<std::int64_t>::min();

platform::HmacHash hash_of(TotpAlgorithm algorithm) {
    switch (algorithm) {
    case TotpAlgorithm::sha256: return platform::HmacHash::sha256;
    case TotpAlgorithm::sha512: return platform::HmacHash::sha512;
    case TotpAlgorithm::sha1: break;
    }
    return platform::HmacHash::sha1;
}

std::string big_endian(std::uint64_t number) {
    std::string bytes(8, '\0');
    for (std::size_t i = 8; i-- > 0; number >>= 8)
        bytes[i] = static_cast<char>(number & 255);
    return bytes;
}

/// The newest steps of the window that the code is of.
struct Hits {
    std::int64_t fresh = no_step; ///< after the last accepted one
    std::int64_t used = no_step;  ///< not after it
};

Hits compare_all(
    const TotpKey& key, std::string_view code, std::int64_t shown, std::int64_t window,
    std::int64_t last_step) {
    Hits hits;
    for (std::int64_t step = std::max<std::int64_t>(shown - window, 0); step <= shown + window;
         ++step) {
        const std::string right = hotp(key, static_cast<std::uint64_t>(step));
        const std::int64_t hit = platform::equal_in_constant_time(right, code) ? step : no_step;
        // Two steps may have the same code: storing the newer one spends both.
        std::int64_t& kind = step > last_step ? hits.fresh : hits.used;
        kind = std::max(kind, hit);
    }
    return hits;
}

} // namespace

std::string_view to_string(TotpAlgorithm algorithm) {
    return names.at(static_cast<std::size_t>(algorithm) - 1);
}

std::optional<TotpAlgorithm> totp_algorithm(std::string_view name) {
    const auto equal = [](char a, char b) {
        return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b);
    };
    for (std::size_t i = 0; i < names.size(); ++i)
        if (std::ranges::equal(names.at(i), name, equal)) return static_cast<TotpAlgorithm>(i + 1);
    return std::nullopt;
}

bool is_valid(const TotpParameters& parameters) {
    return (parameters.digits == 6 || parameters.digits == 8) &&
           parameters.period >= min_totp_period && parameters.period <= max_totp_period;
}

platform::Secret new_totp_secret() {
    return platform::Secret::take(platform::random_bytes(totp_secret_bytes));
}

std::string hotp(const TotpKey& key, std::uint64_t counter) {
    const std::string digest =
        platform::hmac(hash_of(key.parameters.algorithm), key.secret.reveal(), big_endian(counter));
    const auto byte = [&](std::size_t i) {
        return std::uint32_t{static_cast<unsigned char>(digest[i])};
    };
    const std::size_t at = byte(digest.size() - 1) & 15; // dynamic truncation
    std::uint32_t number =
        (byte(at) & 127) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
    std::string code(key.parameters.digits, '0');
    for (std::size_t i = code.size(); i-- > 0; number /= 10)
        code[i] = static_cast<char>('0' + number % 10);
    return code;
}

std::int64_t totp_step(platform::UnixMillis time, std::uint32_t period) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
    const std::int64_t length = std::max<std::uint32_t>(period, 1);
    return seconds / length - (seconds % length < 0 ? 1 : 0);
}

TotpVerdict match_totp(
    const TotpKey& key, std::string_view typed, platform::UnixMillis now,
    const TotpHistory& history, std::uint32_t window) {
    const auto code = typed_code(typed, key.parameters.digits);
    if (!code) return {TotpVerdict::Kind::malformed};
    const std::int64_t current = totp_step(now, key.parameters.period);
    const std::int64_t shown = current + std::clamp(history.drift, -max_totp_drift, max_totp_drift);
    const Hits hits = compare_all(
        key, *code, shown, std::min(window, max_totp_window), history.last_step.value_or(no_step));
    if (hits.fresh != no_step)
        return {
            TotpVerdict::Kind::accepted, hits.fresh,
            static_cast<std::int32_t>(hits.fresh - current)};
    return {hits.used != no_step ? TotpVerdict::Kind::already_used : TotpVerdict::Kind::wrong};
}

} // namespace mfad::domain
