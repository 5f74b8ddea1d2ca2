#pragma once

#include "openssl_owned.hpp"

#include <boost/system/result.hpp>

#include <string>
#include <string_view>

/// Public keys from their bare numbers, checked before anything is verified with them (RFC 8725
/// sections 3.4, 3.5).
namespace mfad::platform {

/// The key, or what is wrong with it.
using PublicKey = boost::system::result<OpensslOwned<EVP_PKEY>, std::string>;

/// RSA from modulus and exponent, both big-endian. Takes 2048..8192 bits and odd exponents from 3
/// to 64 bits.
PublicKey rsa_public_key(std::string_view modulus, std::string_view exponent);

/// A curve of FIPS 186, as OpenSSL names it.
struct EcCurve {
    const char* group;
    std::size_t coordinate_size;
};
inline constexpr EcCurve p256{"P-256", 32};
inline constexpr EcCurve p384{"P-384", 48};
inline constexpr EcCurve p521{"P-521", 66};

/// From the two coordinates of a point on `curve`, each of the curve's size.
PublicKey ec_public_key(const EcCurve& curve, std::string_view x, std::string_view y);

/// P-256 from the two coordinates of a point on it, 32 bytes each.
PublicKey p256_public_key(std::string_view x, std::string_view y);

/// Ed25519 from the 32 bytes of RFC 8032.
PublicKey ed25519_public_key(std::string_view point);

/// Ed448 from the 57 bytes of RFC 8032.
PublicKey ed448_public_key(std::string_view point);

} // namespace mfad::platform
