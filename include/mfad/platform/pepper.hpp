#pragma once

#include "mfad/platform/key_ring.hpp"
#include "mfad/platform/place.hpp"

#include <array>
#include <cstddef>

namespace mfad::platform {

/// What is digested; each has a key of its own, derived from the key ring's.
enum class DigestPurpose { code, recovery_code, address, passkey };

/// Keyed digests of what is short enough to be guessed: without the key file, a copy of the store
/// does not help to find it. (Credentials of 128 bits and more need no pepper.)
///
/// A digest is HMAC-SHA-256 of place and text under HKDF-SHA-256(pepper, info
/// "mfad/digest/<purpose>/v1"): 32 bytes. It does not say which pepper made it, so peppers rotate
/// by addition: new digests are made under the pepper in use, and checked under all. Compare with
/// `equal_in_constant_time`.
/// @par Threads  any
class Pepper {
public:
    explicit Pepper(const KeyRing& ring);

    /// The digest to store.
    std::string digest(DigestPurpose purpose, const Place& place, std::string_view text) const;

    /// The digests that a stored one may equal: under the pepper in use first, then under all
    /// others.
    std::vector<std::string> digests(
        DigestPurpose purpose, const Place& place, std::string_view text) const;

private:
    static constexpr std::size_t purposes = 4;
    std::vector<std::array<Secret, purposes>> keys_{};
};

} // namespace mfad::platform
