#pragma once

#include "mfad/platform/jwk.hpp"
#include "mfad/platform/secret.hpp"
#include "openssl_owned.hpp"

#include <string>
#include <string_view>

namespace mfad::platform {

/// Whether these are the bytes of a private key: 32 of them, and for ES256 a number from 1 to the
/// order of P-256, less 1 (SEC 1 section 3.2.1). False for algorithms that nothing is signed with.
bool is_signing_secret(JwtAlg alg, std::string_view bytes);

/// A new private key, uniform over all that there are.
Secret new_signing_secret(JwtAlg alg);

/// A private key for one algorithm, ES256 or EdDSA (Ed25519), made ready for use.
/// @par Threads  const functions from any thread, also at the same time
class SigningKey {
public:
    /// @param secret ES256: the private number, big-endian; EdDSA: the seed of RFC 8032
    /// @throws std::invalid_argument unless `is_signing_secret`
    SigningKey(JwtAlg alg, std::string_view secret);

    JwtAlg alg() const { return alg_; }
    /// RFC 7638 with SHA-256, in base64url: follows from the key, so no two instances disagree.
    const std::string& kid() const { return kid_; }
    /// The public key as a JWK with `alg`, `use` and `kid` (RFC 7517 section 4).
    const std::string& jwk() const { return jwk_; }

    /// The signature of `message` in the form of JWS (RFC 7518 section 3.4, RFC 8037 section 3.1):
    /// 64 bytes. Takes some 50 µs.
    std::string sign(std::string_view message) const;

private:
    JwtAlg alg_;
    OpensslOwned<EVP_PKEY> key_;
    OpensslOwned<EVP_MD_CTX> ready_; ///< to be copied: OpenSSL looks up an algorithm once
    std::string kid_;
    std::string jwk_;
};

} // namespace mfad::platform
