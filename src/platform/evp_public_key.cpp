#include "evp_public_key.hpp"

#include "roca.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include <stdexcept>

namespace mfad::platform {
namespace {

constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 8192;
constexpr int max_exponent_bits = 64; // more makes a verification dear and is used by nobody

template <class T>
OpensslOwned<T> made(T* object) {
    if (!object) throw std::runtime_error("OpenSSL: no memory for a key");
    return OpensslOwned<T>{object};
}

OpensslOwned<BIGNUM> number(std::string_view big_endian) {
    return made(BN_bin2bn(octets(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

OpensslOwned<EVP_PKEY> from_data(const char* algorithm, OSSL_PARAM_BLD* build) {
    const OpensslOwned<OSSL_PARAM> parameters{OSSL_PARAM_BLD_to_param(build)};
    const OpensslOwned<EVP_PKEY_CTX> context{
        EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr)};
    EVP_PKEY* key = nullptr;
    if (parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1)
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get());
    ERR_clear_error(); // a refused key must not show up as the error of somebody's next TLS call
    return OpensslOwned<EVP_PKEY>{key};
}

PublicKey edwards_public_key(const char* name, std::size_t size, std::string_view point) {
    if (point.size() != size)
        return std::string("an Ed") + (name + 2) + " key that is not " + std::to_string(size) +
               " bytes";
    OpensslOwned<EVP_PKEY> key{
        EVP_PKEY_new_raw_public_key_ex(nullptr, name, nullptr, octets(point), point.size())};
    ERR_clear_error();
    if (!key) return std::string("an Ed") + (name + 2) + " key that OpenSSL refuses";
    return key;
}

} // namespace

// EVP_PKEY_public_check is left out for RSA: it looks for a modulus that is prime, which takes 3 ms
// at 2048 bits and 120 ms at 8192, and guards against nothing that the owner of the key could not
// do to himself more simply.
PublicKey rsa_public_key(std::string_view modulus, std::string_view exponent) {
    if (modulus.size() > max_rsa_bits / 8 + 8) return "an RSA key over 8192 bits";
    const auto n = number(modulus);
    if (BN_num_bits(n.get()) < min_rsa_bits) return "an RSA key under 2048 bits";
    if (BN_num_bits(n.get()) > max_rsa_bits) return "an RSA key over 8192 bits";
    if (!BN_is_odd(n.get())) return "an even RSA modulus";
    if (is_roca_modulus(n.get())) return "an RSA key from a broken generator (CVE-2017-15361)";
    if (exponent.size() > max_exponent_bits / 8 + 8) return "an RSA exponent over 64 bits";
    const auto e = number(exponent);
    if (BN_num_bits(e.get()) > max_exponent_bits) return "an RSA exponent over 64 bits";
    if (!BN_is_odd(e.get()) || BN_is_one(e.get())) return "an RSA exponent that is even or under 3";

    const auto build = made(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
    auto key = from_data("RSA", build.get());
    if (!key) return "an RSA key that OpenSSL refuses";
    return key;
}

PublicKey ec_public_key(const EcCurve& curve, std::string_view x, std::string_view y) {
    if (x.size() != curve.coordinate_size || y.size() != curve.coordinate_size)
        return std::string(curve.group) + " coordinates that are not " +
               std::to_string(curve.coordinate_size) + " bytes each";
    std::string point = "\x04"; // SEC 1 section 2.3.3: uncompressed
    point.append(x).append(y);
    const auto build = made(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0);
    OSSL_PARAM_BLD_push_octet_string(
        build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    // Refuses points off the curve; with a cofactor of 1 every point on it is in the right group.
    auto key = from_data("EC", build.get());
    if (!key) return std::string("a point that is not on ") + curve.group;
    return key;
}

PublicKey p256_public_key(std::string_view x, std::string_view y) {
    return ec_public_key(p256, x, y);
}

PublicKey ed25519_public_key(std::string_view point) {
    return edwards_public_key("ED25519", 32, point);
}

PublicKey ed448_public_key(std::string_view point) {
    return edwards_public_key("ED448", 57, point);
}

} // namespace mfad::platform
