#pragma once

#include <span>
#include <string>
#include <string_view>

/// Hashes of recovery codes as an import brings them: of another system (platform/foreign_hash), or
/// of another installation of ours, whose digests are keyed:
/// `$mfad-hmac-sha256$<key>[,<key>…]$<digest>`, keys and digest in base64url, one key for each
/// pepper that may have made it. Such a key is the user's own and good for nothing else.
namespace mfad::service {

/// How many bytes of an HMAC-SHA-256 a recovery code of ours is found by.
inline constexpr std::size_t recovery_digest_size = 16;

/// The digest of a typed code (domain/recovery_code.hpp) under a user's key.
std::string recovery_digest(std::string_view key, std::string_view typed);

std::string portable_recovery_hash(std::span<const std::string> keys, std::string_view digest);

/// Whether it is one of another installation of ours.
bool is_portable_recovery_hash(std::string_view hash);

/// Whether a code, as it was typed by a person, is the one of such a hash.
bool portable_recovery_hash_matches(std::string_view hash, std::string_view text);

/// Whether it is either kind.
bool is_recovery_hash(std::string_view hash);

/// By what a code is known to be used, once it and its hash are gone: 8 bytes.
std::string recovery_mark(std::string_view hash);

} // namespace mfad::service
