#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/platform/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// One-time codes by time (RFC 6238) and by counter (RFC 4226), which those by time are made of.
namespace mfad::domain {

/// The hash function of the HMAC. The values are kept in records: they never change.
enum class TotpAlgorithm : std::uint8_t { sha1 = 1, sha256 = 2, sha512 = 3 };

/// `SHA1`, `SHA256`, `SHA512`, as otpauth URIs spell them.
std::string_view to_string(TotpAlgorithm algorithm);
/// The algorithm of that name, in any case.
std::optional<TotpAlgorithm> totp_algorithm(std::string_view name);

inline constexpr std::uint32_t min_totp_period = 15;  // seconds
inline constexpr std::uint32_t max_totp_period = 120; // seconds

/// How an authenticator makes codes of its secret; by default what every app can do.
struct TotpParameters {
    TotpAlgorithm algorithm = TotpAlgorithm::sha1;
    std::uint32_t digits = 6;  ///< 6 or 8
    std::uint32_t period = 30; ///< seconds a code lasts, `min_totp_period`..`max_totp_period`

    friend bool operator==(const TotpParameters&, const TotpParameters&) = default;
};

/// Whether digits and period are in the ranges above.
bool is_valid(const TotpParameters& parameters);

/// 160 bits, as RFC 4226 section 4 (R6) recommends; imported secrets may have 80 bits or more.
inline constexpr std::size_t totp_secret_bytes = 20;
inline constexpr std::size_t min_totp_secret_bytes = 10;
inline constexpr std::size_t max_totp_secret_bytes = 128;

/// An authenticator's secret and how it is used.
struct TotpKey {
    platform::Secret secret; ///< raw bytes
    TotpParameters parameters = {};
};

/// A secret of `totp_secret_bytes` bytes from the system's CSPRNG.
platform::Secret new_totp_secret();

/// The code of a counter (RFC 4226 section 5.3), with leading zeros.
std::string hotp(const TotpKey& key, std::uint64_t counter);

/// The number of the period of `period` seconds that `time` lies in, counted from 1970.
std::int64_t totp_step(platform::UnixMillis time, std::uint32_t period);

/// What is known of an authenticator's earlier codes.
struct TotpHistory {
    std::optional<std::int64_t> last_step = {}; ///< of the newest code that was accepted
    /// Steps that its clock is ahead of ours, negative behind: the window lies around the step that
    /// it shows. More than `max_totp_drift` either way counts as that.
    std::int32_t drift = 0;
};
inline constexpr std::int32_t max_totp_drift = 10; // steps

/// Steps that are accepted before and after the one that the authenticator should show: so many
/// more codes that a guess may hit, and periods that a code lives longer.
inline constexpr std::uint32_t default_totp_window = 1;
inline constexpr std::uint32_t max_totp_window = 2;

/// What a typed code is worth.
struct TotpVerdict {
    enum class Kind : std::uint8_t {
        accepted,
        already_used, ///< right, but of a step up to the last accepted one: the next code will do
        wrong,
        malformed ///< not as many digits as the authenticator shows
    };
    Kind kind = Kind::wrong;
    /// When accepted: the step to be stored as the last one, in the same breath.
    std::int64_t step = 0;
    /// When accepted: how far the authenticator's clock is ahead of ours, in steps.
    std::int32_t drift = 0;
};

/// Checks a code as a person typed it, with spaces and hyphens between its digits or without.
///
/// Steps are only accepted forward (RFC 6238 section 5.2 forbids a second use). The codes of all
/// steps of the window are computed and compared, in constant time: how long that takes says
/// neither whether one of them was right nor which.
/// @param now     our clock's time
/// @param window  0..`max_totp_window`; more counts as that
TotpVerdict match_totp(
    const TotpKey& key, std::string_view typed, platform::UnixMillis now,
    const TotpHistory& history, std::uint32_t window = default_totp_window);

} // namespace mfad::domain
