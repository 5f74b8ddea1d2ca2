#pragma once

#include <openssl/bn.h>

namespace mfad::platform {

/// Whether an RSA modulus was made by the broken key generator of CVE-2017-15361 ("ROCA"), whose
/// private keys can be computed from the public ones. One honest modulus in 2^28 looks like that by
/// chance.
bool is_roca_modulus(const BIGNUM* modulus);

} // namespace mfad::platform
