#pragma once

#include "mfad/platform/webauthn_json.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mfad::domain {

/// Where a tenant's passkeys are good, and which of them he takes (W3C Web Authentication Level 3).
struct RelyingParty {
    /// Who has to vouch for the model of an authenticator.
    enum class Attestation : std::uint8_t {
        none,   ///< nobody: browsers are asked for nothing
        wanted, ///< nobody, but browsers are asked, and what they say is kept
        trusted ///< a certificate up to one of `trust_anchors`
    };

    std::string id;                   ///< `rp_id`: a host name; passkeys are bound to it for ever
    std::string name;                 ///< for people
    std::vector<std::string> origins; ///< of the pages that may use them, matched byte by byte
    Attestation attestation = Attestation::none;
    std::vector<std::string> trust_anchors; ///< DER certificates
    /// Models by their AAGUID, 16 bytes each. No allowed ones: all but the denied.
    std::vector<std::string> allowed_aaguids;
    std::vector<std::string> denied_aaguids;
    platform::UserVerification user_verification = platform::UserVerification::required;
    platform::ResidentKey resident_key = platform::ResidentKey::preferred;
};

} // namespace mfad::domain
