#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/domain/totp.hpp"

#include <string>
#include <string_view>

/// `otpauth://totp/…`, the form in which authenticator apps take their keys from a QR code (Key URI
/// Format: github.com/google/google-authenticator/wiki/Key-Uri-Format).
namespace mfad::domain {

/// An entry of an authenticator app.
struct OtpauthEntry {
    std::string issuer;  ///< the service, as the app shows it; may be empty
    std::string account; ///< whose account there
    TotpKey key = {};
};

/// Issuers and accounts may have so many bytes each when they are read.
inline constexpr std::size_t max_otpauth_name_bytes = 256;

/// The URI of an entry, with all parameters named, every character of the names escaped that RFC
/// 3986 does not know as unreserved, but for the `@` of addresses. Colons of the issuer stand in
/// its parameter alone, since the label ends its issuer at the first one.
platform::Secret otpauth_uri(const OtpauthEntry& entry);

/// Reads such a URI of up to 2 KiB: ASCII, escapes where RFC 3986 wants them.
///
/// Refused, each with the name of what is wrong as `field`: `uri` (not a URI of this scheme, or
/// with a port, user or fragment; a parameter of ours twice), `type` (not `totp`: codes by counter
/// are not served), `label` (no account; not UTF-8, control characters, or too long), `issuer`
/// (likewise), `secret` (none, not base32, or not 80..1024 bits), `algorithm`, `digits`, `period`
/// (not of `TotpParameters`). A parameter that is not there has its default, unknown ones are
/// passed over. Where label and `issuer` differ, the parameter holds.
Result<OtpauthEntry> parse_otpauth(std::string_view uri);

} // namespace mfad::domain
