#include "evp_verify.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include <array>
#include <stdexcept>

namespace mfad::platform {
namespace {

/// What OpenSSL calls the parts of an algorithm.
struct Scheme {
    const char* key_type;
    const char* group = nullptr;  ///< of EC keys
    const char* digest = nullptr; ///< those of RFC 8032 have their own
};

Scheme scheme(CoseAlg alg) {
    switch (alg) {
    case CoseAlg::es256: return {"EC", "prime256v1", "SHA256"};
    case CoseAlg::es384: return {"EC", "secp384r1", "SHA384"};
    case CoseAlg::es512: return {"EC", "secp521r1", "SHA512"};
    case CoseAlg::rs256: return {"RSA", nullptr, "SHA256"};
    case CoseAlg::ed448: return {"ED448"};
    case CoseAlg::eddsa: break;
    }
    return {"ED25519"};
}

bool is_on(EVP_PKEY* key, std::string_view group) {
    std::array<char, 64> name{};
    std::size_t size = 0;
    return EVP_PKEY_get_utf8_string_param(
               key, OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size(), &size) == 1 &&
           std::string_view(name.data(), size) == group;
}

bool fits(EVP_PKEY* key, const Scheme& scheme) {
    return EVP_PKEY_is_a(key, scheme.key_type) == 1 && (!scheme.group || is_on(key, scheme.group));
}

} // namespace

bool evp_verifies(
    EVP_PKEY* key, CoseAlg alg, std::string_view message, std::string_view signature) {
    const Scheme with = scheme(alg);
    bool verified = false;
    if (fits(key, with)) {
        const OpensslOwned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
        if (!context) throw std::runtime_error("OpenSSL: no memory for a verification");
        verified = EVP_DigestVerifyInit_ex(
                       context.get(), nullptr, with.digest, nullptr, nullptr, key, nullptr) == 1 &&
                   EVP_DigestVerify(
                       context.get(), octets(signature), signature.size(), octets(message),
                       message.size()) == 1;
    }
    if (!verified) ERR_clear_error(); // not to be taken for the error of a later TLS call
    return verified;
}

} // namespace mfad::platform
