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

/// Lower-case hexadecimal.
std::string hex(std::string_view bytes);

/// The bytes of an even number of hexadecimal digits, either case; nothing for anything else.
std::optional<std::string> from_hex(std::string_view text);

} // namespace mfad::platform
