#pragma once

#include "mfad/platform/concat.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/webauthn.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// CBOR from its parts, each in its shortest form.
namespace mfad::test::cbor {

inline std::string head(unsigned major, std::uint64_t argument) {
    const int length = argument < 24 ? 0 : argument < 256 ? 1 : argument < 65536 ? 2 : 4;
    const unsigned info = length == 0   ? static_cast<unsigned>(argument)
                          : length == 1 ? 24
                          : length == 2 ? 25
                                        : 26;
    std::string bytes(1, static_cast<char>(major << 5 | info));
    for (int i = length - 1; i >= 0; --i)
        bytes.push_back(static_cast<char>(argument >> (8 * i)));
    return bytes;
}

inline std::string num(std::int64_t value) {
    return value < 0 ? head(1, static_cast<std::uint64_t>(-1 - value))
                     : head(0, static_cast<std::uint64_t>(value));
}

inline std::string bin(std::string_view bytes) {
    return head(2, bytes.size()).append(bytes);
}

inline std::string str(std::string_view text) {
    return head(3, text.size()).append(text);
}

inline std::string list(const std::vector<std::string>& items) {
    std::string bytes = head(4, items.size());
    for (const auto& item : items)
        bytes += item;
    return bytes;
}

inline std::string map(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::string bytes = head(5, pairs.size());
    for (const auto& [key, value] : pairs)
        bytes += key + value;
    return bytes;
}

} // namespace mfad::test::cbor

namespace mfad::test {

/// When the tests' ceremonies take place, in seconds since 1970.
inline constexpr long ceremony_time = 1'800'000'000;

struct KeyFree {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using OwnedKey = std::unique_ptr<EVP_PKEY, KeyFree>;

inline std::string sign_es256(EVP_PKEY* key, std::string_view message) {
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    std::string signature(128, '\0');
    std::size_t size = signature.size();
    EVP_DigestSignInit_ex(context, nullptr, "SHA256", nullptr, nullptr, key, nullptr);
    EVP_DigestSign(
        context, reinterpret_cast<unsigned char*>(signature.data()), &size,
        reinterpret_cast<const unsigned char*>(message.data()), message.size());
    EVP_MD_CTX_free(context);
    signature.resize(size);
    return signature;
}

/// A new ES256 key and what an authenticator says with it, true or not.
class SoftAuthenticator {
public:
    static constexpr unsigned up = 1;
    static constexpr unsigned uv = 4;
    static constexpr unsigned be = 8;
    static constexpr unsigned bs = 16;
    static constexpr unsigned at = 64;
    static constexpr unsigned ed = 128;

    std::string rp_id = "example.org";
    std::string id = "sixteen byte id.";
    std::string aaguid = "model of 16 byte";
    std::uint32_t count = 0;

    std::string sign(std::string_view message) const { return sign_es256(key_.get(), message); }
    EVP_PKEY* key() const { return key_.get(); }

    std::string cose() const {
        using namespace cbor;
        return map(
            {{num(1), num(2)},
             {num(3), num(-7)},
             {num(-1), num(1)},
             {num(-2), bin(coordinate(OSSL_PKEY_PARAM_EC_PUB_X))},
             {num(-3), bin(coordinate(OSSL_PKEY_PARAM_EC_PUB_Y))}});
    }

    /// Authenticator data up to the counter.
    std::string plain_data(unsigned flags) const {
        auto data = platform::sha256(rp_id);
        data.push_back(static_cast<char>(flags));
        for (int shift = 24; shift >= 0; shift -= 8)
            data.push_back(static_cast<char>(count >> shift));
        return data;
    }

    std::string attested_data(unsigned flags) const {
        auto data = plain_data(flags | at) + aaguid;
        data.push_back(static_cast<char>(id.size() >> 8));
        data.push_back(static_cast<char>(id.size()));
        return data + id + cose();
    }

private:
    std::string coordinate(const char* name) const {
        BIGNUM* number = nullptr;
        EVP_PKEY_get_bn_param(key_.get(), name, &number);
        std::string bytes(32, '\0');
        BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), 32);
        BN_free(number);
        return bytes;
    }

    OwnedKey key_{EVP_EC_gen("P-256")};
};

inline std::string attestation_object(
    std::string_view format, const std::string& statement, std::string_view data) {
    using namespace cbor;
    return map(
        {{str("fmt"), str(format)}, {str("attStmt"), statement}, {str("authData"), bin(data)}});
}

inline std::string client_data(
    std::string_view type, std::string_view challenge, std::string_view more = {}) {
    return platform::concat(
        R"({"type":")", type, R"(","challenge":")", platform::base64url(challenge),
        R"(","origin":"https://example.org")", more, "}");
}

} // namespace mfad::test
