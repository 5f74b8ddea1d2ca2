#pragma once

#include "mfad/platform/jwt_signer.hpp"
#include "mfad/platform/pepper.hpp"
#include "mfad/platform/sealer.hpp"

namespace mfad::service {

/// What one thread seals, digests and signs with: the key file, made ready for use. When the file
/// is read again, the thread assigns a new one; so nobody keeps a part of it over a suspension.
struct Vault {
    platform::Sealer sealer;
    platform::Pepper pepper;
    platform::JwtSigner signer;

    explicit Vault(const platform::KeyRing& ring) : sealer(ring), pepper(ring), signer(ring) {}
};

} // namespace mfad::service
