#include "evp_public_key.hpp"

#include "mfad/platform/concat.hpp"
#include "roca.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include <stdexcept>

namespace mfad::platform {
namespace {

constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 8192;
constexpr int max_exponent_bits = 64; // more makes a verification dear and is used by nobody

/// A curve of RFC 8032; OpenSSL takes the name in any case.
struct EdwardsCurve {
    const char* name;
    std::size_t point_size;
};

template <class T>
OpensslOwned<T> made(T* object) {
    if (!object) throw std::runtime_error("OpenSSL: no memory for a key");
    return OpensslOwned<T>{object};
}

OpensslOwned<BIGNUM> number(std::string_view big_endian) {
    return made(BN_bin2bn(octets(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

OpensslOwned<EVP_PKEY> from_data(const char* algorithm, OSSL_PARAM_BLD* build, int selection) {
    const OpensslOwned<OSSL_PARAM> parameters{OSSL_PARAM_BLD_to_param(build)};
    const OpensslOwned<EVP_PKEY_CTX> context{
        EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr)};
    EVP_PKEY* key = nullptr;
    if (parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1)
        EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get());
    ERR_clear_error(); // a refused key must not show up as the error of somebody's next TLS call
    return OpensslOwned<EVP_PKEY>{key};
}

OpensslOwned<EVP_PKEY> make_parameters(const EcCurve& curve) {
    const auto build = made(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0);
    auto key = from_data("EC", build.get(), EVP_PKEY_KEY_PARAMETERS);
    if (!key) throw std::runtime_error("OpenSSL: no such curve");
    return key;
}

/// A key without a point. Setting a curve up takes OpenSSL 25 us, a third of a verification, and
/// passkeys are read for each; copying takes 5.
EVP_PKEY* curve_parameters(const EcCurve& curve) {
    static const auto of_p256 = make_parameters(p256);
    static const auto of_p384 = make_parameters(p384);
    static const auto of_p521 = make_parameters(p521);
    if (curve.coordinate_size == p256.coordinate_size) return of_p256.get();
    return curve.coordinate_size == p384.coordinate_size ? of_p384.get() : of_p521.get();
}

PublicKey edwards_public_key(const EdwardsCurve& curve, std::string_view point) {
    if (point.size() != curve.point_size)
        return concat(
            "an ", curve.name, " key that is not ", std::to_string(curve.point_size), " bytes");
    OpensslOwned<EVP_PKEY> key{
        EVP_PKEY_new_raw_public_key_ex(nullptr, curve.name, nullptr, octets(point), point.size())};
    ERR_clear_error();
    if (!key) return concat("an ", curve.name, " key that OpenSSL refuses");
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
    auto key = from_data("RSA", build.get(), EVP_PKEY_PUBLIC_KEY);
    if (!key) return "an RSA key that OpenSSL refuses";
    return key;
}

PublicKey ec_public_key(const EcCurve& curve, std::string_view x, std::string_view y) {
    if (x.size() != curve.coordinate_size || y.size() != curve.coordinate_size)
        return concat(
            curve.group, " coordinates that are not ", std::to_string(curve.coordinate_size),
            " bytes each");
    std::string point = "\x04"; // SEC 1 section 2.3.3: uncompressed
    point.append(x).append(y);
    auto key = made(EVP_PKEY_dup(curve_parameters(curve)));
    // Refuses points off the curve; with a cofactor of 1 every point on it is in the right group.
    const bool taken =
        EVP_PKEY_set1_encoded_public_key(key.get(), octets(point), point.size()) == 1;
    ERR_clear_error();
    if (!taken) return concat("a point that is not on ", curve.group);
    return key;
}

PublicKey p256_public_key(std::string_view x, std::string_view y) {
    return ec_public_key(p256, x, y);
}

PublicKey ed25519_public_key(std::string_view point) {
    return edwards_public_key({"Ed25519", 32}, point);
}

PublicKey ed448_public_key(std::string_view point) {
    return edwards_public_key({"Ed448", 57}, point);
}

} // namespace mfad::platform
