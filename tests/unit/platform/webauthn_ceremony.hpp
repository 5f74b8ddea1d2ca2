#pragma once

#include "mfad/platform/encoding.hpp"
#include "mfad/platform/webauthn.hpp"
#include "mfad/platform/webauthn_json.hpp"
#include "vectors.hpp"

#include <stdexcept>

namespace mfad::test {

namespace json = boost::json;
using platform::AssertionExpectations;
using platform::CeremonyExpectations;
using platform::RegistrationExpectations;
using platform::StoredPasskey;

/// The bytes of a base64url member.
inline std::string bytes(const json::value& object, std::string_view name) {
    return platform::from_base64url(text(object, name)).value();
}

inline void read_common(const json::value& from, CeremonyExpectations& expected) {
    const auto list = [&](std::string_view name) {
        return json::value_to<std::vector<std::string>>(from.at(name));
    };
    expected.challenge = bytes(from, "challenge");
    expected.origins = list("origins");
    expected.top_origins = list("topOrigins");
    expected.rp_id = text(from, "rpId");
    expected.user_verification_required = from.at("requireUserVerification").as_bool();
    expected.cross_origin_allowed = from.at("allowCrossOrigin").as_bool();
}

inline RegistrationExpectations registration_expectations(const json::value& from) {
    RegistrationExpectations expected;
    read_common(from, expected);
    expected.algs.clear();
    for (const auto& number : from.at("allowedAlgorithms").as_array())
        expected.algs.push_back(platform::cose_alg(number.as_int64()).value());
    return expected;
}

inline AssertionExpectations assertion_expectations(const json::value& from) {
    AssertionExpectations expected;
    read_common(from, expected);
    expected.user_known = true; // the vectors tell no user handle but once
    return expected;
}

inline StoredPasskey stored_passkey(const json::value& from) {
    StoredPasskey stored;
    stored.credential_id = bytes(from, "credentialId");
    stored.public_key = bytes(from, "publicKeyCose");
    stored.sign_count = json::value_to<std::uint32_t>(from.at("signCount"));
    stored.backup_eligible = from.at("backupEligible").as_bool();
    if (from.as_object().contains("userHandle")) stored.user_handle = bytes(from, "userHandle");
    return stored;
}

/// A case of webauthn.json.
inline json::value published_case(std::string_view id) {
    const auto file = read_vectors("webauthn.json");
    for (const auto& one : file.at("cases").as_array())
        if (text(one, "id") == id) return one;
    throw std::runtime_error("no such case");
}

/// One of webauthn-derived.json.
inline json::value derived_case(std::string_view id) {
    const auto file = read_vectors("webauthn-derived.json");
    for (const auto& one : file.at("vectors").as_array())
        if (text(one, "id") == id) return one;
    throw std::runtime_error("no such case");
}

} // namespace mfad::test
