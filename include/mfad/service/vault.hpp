#pragma once

#include "mfad/platform/pepper.hpp"
#include "mfad/platform/sealer.hpp"

namespace mfad::service {

/// What one thread seals and digests with: the key file, made ready for use.
struct Vault {
    platform::Sealer sealer;
    platform::Pepper pepper;

    explicit Vault(const platform::KeyRing& ring) : sealer(ring), pepper(ring) {}
};

} // namespace mfad::service
