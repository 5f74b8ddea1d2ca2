#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Text forms of bytes. Bytes are carried as `std::string` and `std::string_view` throughout: what
/// Redis, HTTP and OpenSSL hand over and take.
namespace mfad::platform {

/// base64url without padding (RFC 4648 section 5).
std::string base64url(std::string_view bytes);

/// The bytes of a base64url text; nothing for padding, white space, characters of another alphabet,
/// a length that no bytes have, or trailing bits that are not zero: one value has one text.
std::optional<std::string> from_base64url(std::string_view text);

/// base64 with padding, as mail and HTTP structured fields want it (RFC 4648 section 4).
std::string base64(std::string_view bytes);

/// The bytes of a base64 text; nothing for a padding that is not the right one, white space,
/// characters of another alphabet, or trailing bits that are not zero.
std::optional<std::string> from_base64(std::string_view text);

/// base32 in upper case without padding (RFC 4648 section 6), as authenticator apps take secrets.
std::string base32(std::string_view bytes);

/// The bytes of a text as `base32` makes it; nothing for any other: lower case, padding, white
/// space, a length that no bytes have, or trailing bits that are not zero.
std::optional<std::string> from_base32(std::string_view text);

/// The bytes of a base32 text that people or other programs wrote: in any case, with spaces and
/// hyphens anywhere, padded rightly or not at all. Trailing bits are dropped whatever they are, as
/// apps do, since some services draw their secrets as random characters.
std::optional<std::string> from_typed_base32(std::string_view text);

/// Lower-case hexadecimal.
std::string hex(std::string_view bytes);

/// The bytes of an even number of hexadecimal digits, either case; nothing for anything else.
std::optional<std::string> from_hex(std::string_view text);

} // namespace mfad::platform
