#pragma once

#include "mfad/domain/otpauth.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// `otpauth-migration://offline?data=…`, what the QR codes of Google Authenticator's "Transfer
/// accounts" hold: a protobuf message in base64. It is published nowhere; its fields are those that
/// the programs that read it agree on.
namespace mfad::domain {

/// An entry of the app that was exported.
struct MigratedEntry {
    std::string issuer;  ///< may be empty
    std::string account; ///< may be empty
    /// Its key; or why it cannot be served, with the parameter as `field`: `type` (a counter),
    /// `algorithm` (MD5), `digits`, `secret` (not 80..1024 bits), `label` (names that are no text).
    Result<TotpKey> key = refuse(Refusal::Code::invalid);
};

/// What one QR code holds.
struct OtpauthMigration {
    std::vector<MigratedEntry> entries; ///< in their order, 1..100
    std::uint32_t parts = 1;            ///< QR codes of the whole export
    std::uint32_t part = 0;             ///< which of them this is, from 0
};

/// Reads such a URI of up to 8 KiB. Refused as a whole, with `uri` or `data` as `field`: another
/// scheme or host; no `data`, or more than one; what is not base64 with its padding (its `+` and
/// `/` may come unescaped), not a well-formed message, has a known field of another type, no entry
/// or more than 100, or a part that is not of the parts. Unknown fields are passed over.
Result<OtpauthMigration> parse_otpauth_migration(std::string_view uri);

} // namespace mfad::domain
