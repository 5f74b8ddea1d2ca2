#pragma once

#include "mfad/platform/jwt.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::test {

using platform::ClaimRules;
using platform::JwtKey;
using Keys = std::vector<JwtKey>;

/// The whole way of a token: its first fault, or "accept".
inline std::string verdict(std::string_view token, const Keys& keys, const ClaimRules& rules) {
    const auto parts = platform::parse_jwt(token);
    if (!parts) return std::string(to_string(parts.error()));
    const auto key = std::ranges::find(keys, parts->kid(), &JwtKey::kid);
    if (key == keys.end()) return std::string(to_string(platform::JwtError::unknown_kid));
    if (const auto error = platform::verify_signature(*parts, *key))
        return std::string(to_string(*error));
    if (const auto error = platform::check_claims(*parts, rules))
        return std::string(to_string(*error));
    return "accept";
}

/// What jwt-derived.json calls its config.
inline ClaimRules rules() {
    static constexpr std::string_view our_name[] = {"mfa-server"};
    ClaimRules rules;
    rules.now = platform::UnixMillis{std::chrono::seconds{1'700'000'000}};
    rules.issuer = "https://idp.example";
    rules.audiences = our_name;
    return rules;
}

} // namespace mfad::test
