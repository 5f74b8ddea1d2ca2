#pragma once

#include "mfad/platform/webauthn.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace mfad::platform {

enum class Ceremony : std::uint8_t { registration, assertion };

/// Authenticator data (section 6.1), taken apart. Refers to the bytes that it was read from.
struct AuthenticatorData {
    std::string_view rp_id_hash;
    bool user_present = false;
    bool user_verified = false;
    bool backup_eligible = false;
    bool backed_up = false;
    std::uint32_t sign_count = 0;

    // Of a registration:
    std::string_view aaguid;
    std::string_view credential_id;
    std::string_view public_key; ///< one CBOR map
};

/// Refuses attested credential data that is missing or too much for the ceremony, public keys and
/// extensions that are no CBOR map in the form of cbor.hpp, and bytes behind the last part. What
/// extensions say is not looked at.
boost::system::result<AuthenticatorData, WebauthnFault> read_authenticator_data(
    std::string_view bytes, Ceremony ceremony);

/// The checks that both ceremonies make: rpId, UP, UV, and BS only with BE.
std::optional<WebauthnFault> check_flags(
    const AuthenticatorData& data, const CeremonyExpectations& expected,
    bool user_presence_required);

} // namespace mfad::platform
