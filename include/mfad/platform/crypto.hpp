#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The few primitives that the product is built on, all of OpenSSL's making (EVP). Failures of
/// OpenSSL itself (out of memory, no entropy) throw `std::runtime_error`: nothing sensible can go
/// on without them.
namespace mfad::platform {

/// SHA-256 of `bytes`: 32 bytes.
std::string sha256(std::string_view bytes);

/// HMAC-SHA-256 of `bytes` under `key`: 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

/// The hash functions of HMAC. SHA-1 is for one-time codes alone (RFC 4226).
enum class HmacHash : std::uint8_t { sha1, sha256, sha512 };

/// HMAC (RFC 2104) of `bytes` under `key`: 20, 32 or 64 bytes.
std::string hmac(HmacHash hash, std::string_view key, std::string_view bytes);

/// HKDF-SHA-256 (RFC 5869): `length` bytes, at most 8160, for the purpose named by `info`.
std::string hkdf_sha256(
    std::string_view key, std::string_view salt, std::string_view info, std::size_t length);

/// Whether two strings are equal, in a time that depends on their lengths alone.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// Fills `out` from the system's CSPRNG.
void fill_random(std::span<unsigned char> out);

/// `count` bytes from the system's CSPRNG.
std::string random_bytes(std::size_t count);

/// A uniform number in [0, bound), without modulo bias. `bound` is at least 1.
std::uint32_t random_below(std::uint32_t bound);

/// Overwrites bytes in a way that the compiler keeps.
void wipe(std::span<char> bytes) noexcept;
/// Overwrites the bytes of `text`, then empties it.
void wipe(std::string& text) noexcept;

/// AES-256-GCM under one key, with random 96-bit nonces. Rotate the key before 2^32 seals.
///
/// A sealed value is nonce (12) ‖ ciphertext ‖ tag (16). `place` is authenticated, not stored: a
/// value opens only where it was sealed (tenant, user, field), so that no record can be moved to
/// another's place. Objects hold a cipher context that each call re-keys: one thread at a time.
class Aead {
public:
    static constexpr std::size_t key_size = 32;
    static constexpr std::size_t overhead = 12 + 16;

    /// @param key exactly `key_size` bytes; else `std::invalid_argument`
    explicit Aead(std::string_view key);
    Aead(Aead&&) noexcept;
    Aead& operator=(Aead&&) noexcept;
    ~Aead();

    /// Adds the sealed value to the end of `out`.
    void seal_onto(std::string& out, std::string_view plain, std::string_view place);
    std::string seal(std::string_view plain, std::string_view place);

    /// The plain text; nothing when the value was not sealed by this key for this place.
    std::optional<std::string> open(std::string_view sealed, std::string_view place);

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

} // namespace mfad::platform
