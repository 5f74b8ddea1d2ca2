#pragma once

#include <string_view>

/// Hashes of short secrets that other systems made and that are imported with their users. Each
/// check computes for up to some seconds and takes up to 256 MiB: never on an I/O thread, two at a
/// time at most, and once: what matched is hashed anew. They throw `std::runtime_error` without
/// memory for it; that is no verdict.
namespace mfad::platform {

/// Whether `hash` is one that `foreign_hash_matches` is ready to compute:
/// - bcrypt: `$2a$`, `$2b$` or `$2y$`, cost 4..14, 22 characters of salt and 31 of hash;
/// - Argon2id or Argon2i in PHC form, version 19, 16 or not named (16): 8 KiB a lane..256 MiB of
///   memory, 1..10 passes, 1..8 lanes, a salt of 8..64 and a hash of 16..64 bytes.
bool is_foreign_hash(std::string_view hash);

/// Whether `text` is the secret of `hash`; false also for a hash that is none of the above. bcrypt
/// has no secrets over 72 bytes or with a zero byte: neither matches.
bool foreign_hash_matches(std::string_view hash, std::string_view text);

} // namespace mfad::platform
