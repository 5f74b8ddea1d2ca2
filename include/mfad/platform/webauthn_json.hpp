#pragma once

#include "mfad/platform/webauthn.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The JSON forms of WebAuthn L3 section 5.1: what `PublicKeyCredential.toJSON()` gives, and what
/// `parseCreationOptionsFromJSON()` and `parseRequestOptionsFromJSON()` take. Binary members are
/// base64url.
namespace mfad::platform {

/// Over any credential that is within the caps of webauthn.hpp.
inline constexpr std::size_t max_credential_json_bytes = 128 * 1024;

/// Takes a RegistrationResponseJSON apart: `id`, `rawId`, `type`, `response.clientDataJSON`,
/// `response.attestationObject` and `response.transports`; other members are passed over.
///
/// Refuses with `too_big`, `json` (also for duplicate members, and members that are missing or no
/// strings), `credential_type`, `encoding`, `id_raw_id_differ`. Transports that are no short
/// lower-case names are dropped, and all over 8.
boost::system::result<RegistrationCredential, WebauthnFault> parse_registration_credential(
    std::string_view json);

/// Takes an AuthenticationResponseJSON apart, in the same way: `response.clientDataJSON`,
/// `authenticatorData`, `signature`, and `userHandle`, which may be null or absent.
boost::system::result<AssertionCredential, WebauthnFault> parse_assertion_credential(
    std::string_view json);

/// A passkey that the browser is told of.
struct CredentialDescriptor {
    std::string id; ///< raw bytes
    std::vector<std::string> transports;
};

enum class UserVerification : std::uint8_t { required, preferred, discouraged };
enum class ResidentKey : std::uint8_t { required, preferred, discouraged };
enum class AttestationConveyance : std::uint8_t { none, indirect, direct, enterprise };

struct CreationOptions {
    std::string challenge; ///< raw bytes, 32 of a CSPRNG
    std::string rp_id;
    std::string rp_name;
    std::string user_id; ///< raw bytes: 16..64, random, nothing of the person in them
    std::string user_name;
    std::string user_display_name;
    std::vector<CoseAlg> algs{default_cose_algs.begin(), default_cose_algs.end()};
    std::chrono::milliseconds timeout = std::chrono::minutes(5);
    std::vector<CredentialDescriptor> exclude; ///< what the user has already
    ResidentKey resident_key = ResidentKey::required;
    UserVerification user_verification = UserVerification::required;
    AttestationConveyance attestation = AttestationConveyance::none;
};

/// A PublicKeyCredentialCreationOptionsJSON.
std::string creation_options_json(const CreationOptions& options);

struct RequestOptions {
    std::string challenge; ///< raw bytes, 32 of a CSPRNG
    std::string rp_id;
    std::chrono::milliseconds timeout = std::chrono::minutes(5);
    std::vector<CredentialDescriptor> allow; ///< empty: any that the authenticator finds by itself
    UserVerification user_verification = UserVerification::required;
};

/// A PublicKeyCredentialRequestOptionsJSON.
std::string request_options_json(const RequestOptions& options);

} // namespace mfad::platform
