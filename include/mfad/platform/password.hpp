#pragma once

#include <string>
#include <string_view>

/// Passwords of panel accounts: Argon2id (RFC 9106) with 19 MiB, 2 passes and 1 lane, OWASP's
/// smallest set for interactive use. Each call computes for some tens of milliseconds and takes
/// that memory: never on an I/O thread, and few at a time. Without memory for it they throw
/// `std::runtime_error`; that is no verdict on the password.
namespace mfad::platform {

/// A new salted hash in PHC form: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.
std::string hash_password(std::string_view secret);

/// Whether `phc` is an Argon2id hash (version 19) that `verify_password` is ready to compute: 8
/// KiB..64 MiB of memory, 1..8 passes, 1..4 lanes, a salt of 8..64 and a hash of 16..64 bytes. No
/// record can ask for more than that.
bool is_usable_password_hash(std::string_view phc);

/// Whether `secret` is the password of `phc`; false also for a hash that is not usable.
bool verify_password(std::string_view phc, std::string_view secret);

/// Costs what `verify_password` does with a hash of `hash_password`, so that a login that nobody
/// has takes as long as a wrong password.
void dummy_verify(std::string_view secret);

} // namespace mfad::platform
