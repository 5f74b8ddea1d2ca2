#pragma once

#include "mfad/platform/jwk.hpp"
#include "openssl_owned.hpp"

namespace mfad::platform {

/// What a JWK says, checked: the rules of `JwtKey::from_jwk` are all here.
struct JwkContent {
    JwtAlg alg{};
    std::string kid;
    std::string thumbprint;
    std::string secret;                ///< hs256 only
    OpensslOwned<EVP_PKEY> public_key; ///< all others
};

boost::system::result<JwkContent, JwkRefusal> read_jwk(const boost::json::object& jwk);

boost::system::result<JwkContent, JwkRefusal> read_secret(std::string secret);

boost::system::result<std::string, JwkRefusal> checked_kid(std::string_view kid);

} // namespace mfad::platform
