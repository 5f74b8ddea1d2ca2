#pragma once

#include "mfad/platform/cose_key.hpp"
#include "openssl_owned.hpp"

#include <string_view>

namespace mfad::platform {

/// Whether `signature` is that of `key` for `message` under `alg`; never when the key is of a type
/// or on a curve that `alg` is not for.
bool evp_verifies(EVP_PKEY* key, CoseAlg alg, std::string_view message, std::string_view signature);

} // namespace mfad::platform
