#include "signing_key.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/json_text.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include <array>
#include <stdexcept>

namespace mfad::platform {
namespace {

constexpr std::size_t secret_size = 32;
constexpr std::size_t coordinate_size = 32;
constexpr std::size_t signature_size = 64; // of both algorithms

/// With what OpenSSL was told there is no reason to fail but want of memory.
template <class T>
OpensslOwned<T> made(T* object) {
    if (!object) throw std::runtime_error("OpenSSL: making a signing key failed");
    return OpensslOwned<T>{object};
}

void require(bool ok, const char* what) {
    if (!ok) throw std::runtime_error(std::string("OpenSSL: ") + what + " failed");
}

const EC_GROUP* p256() {
    static const auto group = made(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    return group.get();
}

OpensslOwned<BIGNUM> secret_number(std::string_view big_endian) {
    auto number = made(BN_secure_new()); // what is made of it is wiped as well
    require(
        BN_bin2bn(octets(big_endian), static_cast<int>(big_endian.size()), number.get()) != nullptr,
        "reading a number");
    return number;
}

/// SEC 1 section 2.3.3, uncompressed: 4, x, y.
std::string public_point(const BIGNUM* number) {
    const auto point = made(EC_POINT_new(p256()));
    require(
        EC_POINT_mul(p256(), point.get(), number, nullptr, nullptr, nullptr) == 1,
        "deriving a public key");
    std::array<unsigned char, 1 + 2 * coordinate_size> bytes{};
    require(
        EC_POINT_point2oct(
            p256(), point.get(), POINT_CONVERSION_UNCOMPRESSED, bytes.data(), bytes.size(),
            nullptr) == bytes.size(),
        "writing a public key");
    return {bytes.begin(), bytes.end()};
}

OpensslOwned<EVP_PKEY> p256_key(const BIGNUM* number, std::string_view point) {
    const auto build = made(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_PRIV_KEY, number);
    OSSL_PARAM_BLD_push_octet_string(
        build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    const auto parameters = made(OSSL_PARAM_BLD_to_param(build.get()));
    const auto context = made(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* key = nullptr;
    require(
        EVP_PKEY_fromdata_init(context.get()) == 1 &&
            EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()) == 1,
        "making a signing key");
    return made(key);
}

std::string ed25519_point(const EVP_PKEY* key) {
    std::array<unsigned char, coordinate_size> bytes{};
    std::size_t size = bytes.size();
    require(EVP_PKEY_get_raw_public_key(key, bytes.data(), &size) == 1, "reading a public key");
    return {bytes.begin(), bytes.end()};
}

/// The members that make the key, in the order that RFC 7638 section 3.2 hashes them in.
std::string p256_members(std::string_view point) {
    JsonText json;
    json.begin_object().member("crv", "P-256").member("kty", "EC");
    json.member("x", base64url(point.substr(1, coordinate_size)));
    json.member("y", base64url(point.substr(1 + coordinate_size)));
    return std::move(json.end_object()).str();
}

std::string ed25519_members(std::string_view point) {
    JsonText json;
    json.begin_object().member("crv", "Ed25519").member("kty", "OKP");
    json.member("x", base64url(point));
    return std::move(json.end_object()).str();
}

/// The same with what says how the key is used, and by which name.
std::string published(std::string members, JwtAlg alg, std::string_view kid) {
    members.pop_back();
    members.append(R"(,"alg":")").append(to_string(alg));
    members.append(R"(","use":"sig","kid":")").append(kid).append(R"("})");
    return members;
}

/// r and s, 32 bytes each, out of the SEQUENCE that OpenSSL makes (RFC 7518 section 3.4).
std::string raw_signature(const std::string& der) {
    const unsigned char* at = octets(der);
    const auto pair = made(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    std::array<unsigned char, signature_size> raw{};
    constexpr int half = signature_size / 2;
    require(
        BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), raw.data(), half) == half &&
            BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), raw.data() + half, half) == half,
        "writing a signature");
    return {raw.begin(), raw.end()};
}

} // namespace

bool is_signing_secret(JwtAlg alg, std::string_view bytes) {
    if (bytes.size() != secret_size) return false;
    if (alg == JwtAlg::eddsa) return true;
    if (alg != JwtAlg::es256) return false;
    const auto number = secret_number(bytes);
    return !BN_is_zero(number.get()) && BN_cmp(number.get(), EC_GROUP_get0_order(p256())) < 0;
}

Secret new_signing_secret(JwtAlg alg) {
    if (alg != JwtAlg::es256 && alg != JwtAlg::eddsa)
        throw std::invalid_argument("tokens are signed with ES256 or EdDSA");
    for (;;) { // once, but for one in 2^32
        Secret secret = Secret::take(random_bytes(secret_size));
        if (is_signing_secret(alg, secret.reveal())) return secret;
    }
}

SigningKey::SigningKey(JwtAlg alg, std::string_view secret) : alg_(alg) {
    if (!is_signing_secret(alg, secret)) throw std::invalid_argument("not a signing key");
    std::string members;
    if (alg == JwtAlg::es256) {
        const auto number = secret_number(secret);
        const std::string point = public_point(number.get());
        key_ = p256_key(number.get(), point);
        members = p256_members(point);
    } else {
        key_ = made(EVP_PKEY_new_raw_private_key_ex(
            nullptr, "ED25519", nullptr, octets(secret), secret.size()));
        members = ed25519_members(ed25519_point(key_.get()));
    }
    const char* const digest = alg == JwtAlg::eddsa ? nullptr : "SHA256";
    ready_ = made(EVP_MD_CTX_new());
    require(
        EVP_DigestSignInit_ex(
            ready_.get(), nullptr, digest, nullptr, nullptr, key_.get(), nullptr) == 1,
        "preparing to sign");
    kid_ = base64url(sha256(members)); // RFC 7638 section 3
    jwk_ = published(std::move(members), alg, kid_);
}

std::string SigningKey::sign(std::string_view message) const {
    const auto context = made(EVP_MD_CTX_new());
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    std::size_t size = signature.size();
    require(
        EVP_MD_CTX_copy_ex(context.get(), ready_.get()) == 1 &&
            EVP_DigestSign(
                context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                octets(message), message.size()) == 1,
        "signing");
    signature.resize(size);
    return alg_ == JwtAlg::eddsa ? signature : raw_signature(signature);
}

} // namespace mfad::platform
