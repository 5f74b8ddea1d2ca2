#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/platform/cose_key.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The relying party's side of passkeys (W3C Web Authentication Level 3, sections 7.1 and 7.2): all
/// checks over what a browser sent, and nothing else. No I/O, no clock, no state: that a challenge
/// is alive and this user's, that a credential id is nobody's yet, and to consume and to store, is
/// the caller's part.
///
/// Bytes are raw here; webauthn_json.hpp has the browser's JSON.
namespace mfad::platform {

/// What is wrong, in the order of the checks: the first fault is reported.
enum class WebauthnFault : std::uint8_t {
    too_big,         ///< over a cap of `WebauthnCaps`
    json,            ///< the credential: not one JSON object of the expected form
    encoding,        ///< a member that is not base64url, or not its only spelling
    credential_type, ///< not `public-key`
    id_raw_id_differ,

    credential_not_allowed, ///< not one of those that were asked for
    credential_not_found,   ///< not the stored one
    user_handle_missing,    ///< and nothing else says who it is
    user_handle_mismatch,   ///< not that of the credential's owner

    client_data_utf8,
    client_data_json, ///< not one JSON object within the limits, duplicate members, odd crossOrigin
    type_mismatch,
    challenge_mismatch,
    origin_mismatch,
    cross_origin_not_allowed,
    top_origin_mismatch,

    attestation_object_cbor,
    attestation_object_fields, ///< fmt, attStmt or authData missing or of another type
    authdata_short,
    no_attested_credential_data,         ///< where a credential should have been made
    unexpected_attested_credential_data, ///< in an assertion
    authdata_cbor,                       ///< the public key is not one CBOR map
    authdata_ext_cbor,
    authdata_ext_not_map,
    authdata_trailing,
    id_mismatch, ///< the credential's id is not that of the authenticator data

    rp_id_hash_mismatch,
    user_not_present,
    user_not_verified,
    bs_without_be,
    backup_not_allowed, ///< by `BackupPolicy`
    be_changed,

    cose_kty,
    cose_alg_crv_mismatch,
    cose_member,
    cose_key_invalid,
    alg_not_allowed, ///< not offered

    fmt_unknown, ///< an attestation format that is not verified here
    none_attstmt_not_empty,
    attestation_statement, ///< packed: members missing or of another type
    attestation_alg_mismatch,
    attestation_signature_invalid,
    attestation_certificate,     ///< against the rules of section 8.2.1
    attestation_aaguid_mismatch, ///< of certificate and authenticator data
    attestation_untrusted,       ///< by `AttestationPolicy`
    aaguid_not_allowed,
    credential_id_size, ///< not 1..1023 bytes

    signature_invalid,
    sign_count_regression
};

/// The name above, as logs show it.
std::string_view to_string(WebauthnFault fault);

/// Bytes that are looked at, at most.
struct WebauthnCaps {
    static constexpr std::size_t client_data_json = 4 * 1024;
    static constexpr std::size_t attestation_object = 64 * 1024;
    static constexpr std::size_t authenticator_data = 4 * 1024;
    static constexpr std::size_t signature = 1024;
    static constexpr std::size_t credential_id = 1023;
    static constexpr std::size_t user_handle = 64;
};

/// What a browser answers to `navigator.credentials.create()`. Nothing in it is verified.
struct RegistrationCredential {
    std::string id; ///< empty: the one in the authenticator data is taken
    std::string client_data_json;
    std::string attestation_object;
    std::vector<std::string> transports; ///< the client's word, never verified
};

/// What a browser answers to `navigator.credentials.get()`. Nothing in it is verified.
struct AssertionCredential {
    std::string id;
    std::string client_data_json;
    std::string authenticator_data;
    std::string signature;
    std::optional<std::string> user_handle;
};

/// What both ceremonies have to match.
struct CeremonyExpectations {
    /// The bytes that were issued, 16 at least; fewer match nothing.
    std::string challenge;
    /// `https://login.example.org`, matched byte by byte; `android:apk-key-hash:…` where wanted.
    std::vector<std::string> origins;
    std::string rp_id;
    bool user_verification_required = true;
    /// Whether the page may stand in a frame of another origin…
    bool cross_origin_allowed = false;
    /// …and of which ones, when the browser tells.
    std::vector<std::string> top_origins;
};

enum class AttestationPolicy : std::uint8_t {
    /// `none`, and `packed` when it is sound, whoever vouches for it.
    sound,
    /// As `sound`; a format that the specification names and that is not verified here counts as
    /// `none`: its statement is not looked at.
    any_format,
    /// `packed` with certificates up to one of `trust_anchors`.
    trusted
};

/// Whether a passkey may leave its device: BE of section 6.1.3.
enum class BackupPolicy : std::uint8_t { any, device_bound };

struct RegistrationExpectations : CeremonyExpectations {
    /// `conditional`: the browser made the passkey on its own at a password sign-in, and nobody was
    /// asked (section 7.1, step of UP).
    enum class Mediation : std::uint8_t { ordinary, conditional };

    std::vector<CoseAlg> algs{default_cose_algs.begin(), default_cose_algs.end()};
    Mediation mediation = Mediation::ordinary;
    BackupPolicy backup = BackupPolicy::any;
    AttestationPolicy attestation = AttestationPolicy::sound;
    /// DER certificates, for `AttestationPolicy::trusted`; otherwise they only tell `trusted` from
    /// `basic`.
    std::vector<std::string> trust_anchors;
    /// At which certificates have to be valid.
    UnixMillis now{};
    /// Models of authenticators, 16 bytes each. Empty: all but the denied ones. Only worth
    /// something with `AttestationPolicy::trusted`: without, the value is the client's word, and
    /// most browsers put zeros there when they are asked for no attestation.
    std::vector<std::string> allowed_aaguids;
    std::vector<std::string> denied_aaguids;
};

/// Who vouches for the model of the authenticator.
enum class Attestation : std::uint8_t {
    none,
    self,   ///< the credential's own key: nobody
    basic,  ///< a certificate that nobody here vouches for
    trusted ///< a certificate up to a trust anchor
};

/// A passkey to be stored.
struct Registration {
    std::string credential_id; ///< 1..1023 bytes
    std::string public_key;    ///< COSE, as the authenticator wrote it
    CoseAlg alg{};
    std::uint32_t sign_count = 0;
    bool user_verified = false;
    bool backup_eligible = false;
    bool backed_up = false;
    std::string aaguid; ///< 16 bytes
    Attestation attestation = Attestation::none;
};

/// Whether these bytes are one X.509 certificate in DER, as a trust anchor has to be.
bool is_certificate(std::string_view der);

/// Every check of section 7.1 that needs no state.
boost::system::result<Registration, WebauthnFault> verify_registration(
    const RegistrationCredential& credential, const RegistrationExpectations& expected);

/// What is stored of the passkey that an assertion names.
struct StoredPasskey {
    std::string credential_id;
    std::string public_key; ///< COSE
    std::uint32_t sign_count = 0;
    bool backup_eligible = false;
    std::string user_handle; ///< of its owner
};

enum class CounterPolicy : std::uint8_t {
    refuse, ///< a counter that does not grow is a fault
    report  ///< it only shows as `Assertion::counter_regressed`
};

struct AssertionExpectations : CeremonyExpectations {
    /// The ids that the browser was given. Empty: any (a discoverable sign-in).
    std::vector<std::string> allowed_credentials;
    /// Whether the caller knew the user before, and took the passkey from his own. If not, the
    /// user handle has to be there and to be that of the passkey's owner.
    bool user_known = false;
    CounterPolicy counter = CounterPolicy::refuse;
};

/// What is to be stored with a passkey that was used, and what it proves.
struct Assertion {
    std::uint32_t sign_count = 0;
    bool user_verified = false;
    bool backup_eligible = false;
    bool backed_up = false;
    bool counter_regressed = false; ///< perhaps a copy of the key is about
};

/// Every check of section 7.2 that needs no state. Takes one public key operation, when everything
/// else is right.
boost::system::result<Assertion, WebauthnFault> verify_assertion(
    const AssertionCredential& credential, const StoredPasskey& stored,
    const AssertionExpectations& expected);

/// Whether a signature counter may follow the stored one: both are zero, or it has grown.
constexpr bool counter_is_plausible(std::uint32_t stored, std::uint32_t fresh) {
    return (stored == 0 && fresh == 0) || fresh > stored;
}

/// Whether the flags go together: what is not to be backed up cannot be.
constexpr bool backup_flags_are_plausible(bool eligible, bool backed_up) {
    return eligible || !backed_up;
}

/// Whether BE may follow the stored one: it never changes in a passkey's life.
constexpr bool backup_eligibility_is_plausible(bool stored, bool fresh) {
    return stored == fresh;
}

} // namespace mfad::platform
