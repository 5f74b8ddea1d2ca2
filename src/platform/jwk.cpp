#include "mfad/platform/jwk.hpp"

#include "jwk_content.hpp"
#include "mfad/platform/crypto.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace mfad::platform {
namespace {

constexpr std::array<std::string_view, 4> alg_names{"HS256", "RS256", "ES256", "EdDSA"};
constexpr std::size_t scalar_size = 32; // r and s of ES256

/// An algorithm prepared for one key; every verification starts from a copy.
OpensslOwned<EVP_MD_CTX> prepare(const JwkContent& content) {
    if (!content.public_key) return nullptr;
    const char* const digest = content.alg == JwtAlg::eddsa ? nullptr : "SHA256";
    OpensslOwned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
    if (!context || EVP_DigestVerifyInit_ex(
                        context.get(), nullptr, digest, nullptr, nullptr, content.public_key.get(),
                        nullptr) != 1)
        throw std::runtime_error("OpenSSL: preparing a verification failed");
    return context;
}

// r and s, 32 bytes each, as the SEQUENCE of two INTEGERs that OpenSSL takes (RFC 7515 appendix
// A.3, RFC 3279 section 2.2.3). At most 70 bytes, so every length fits in one.
std::string ecdsa_der(std::string_view raw) {
    std::string body;
    for (std::string_view scalar : {raw.substr(0, scalar_size), raw.substr(scalar_size)}) {
        scalar.remove_prefix(std::min(scalar.find_first_not_of('\0'), scalar_size - 1));
        const bool negative = (static_cast<unsigned char>(scalar.front()) & 0x80) != 0;
        body.push_back('\x02');
        body.push_back(static_cast<char>(scalar.size() + (negative ? 1 : 0)));
        if (negative) body.push_back('\0');
        body.append(scalar);
    }
    return std::string("\x30") + static_cast<char>(body.size()) + body;
}

bool evp_verifies(
    const EVP_MD_CTX* prepared, std::string_view message, std::string_view signature) {
    const OpensslOwned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
    if (!context || EVP_MD_CTX_copy_ex(context.get(), prepared) != 1)
        throw std::runtime_error("OpenSSL: copying a verification failed");
    const int verdict = EVP_DigestVerify(
        context.get(), octets(signature), signature.size(), octets(message), message.size());
    if (verdict != 1) ERR_clear_error(); // not to be taken for the error of a later TLS call
    return verdict == 1;
}

} // namespace

struct JwtKey::State {
    JwkContent content;
    OpensslOwned<EVP_MD_CTX> verifier;

    explicit State(JwkContent&& read) : content(std::move(read)), verifier(prepare(content)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { wipe(content.secret); }
};

std::string_view to_string(JwtAlg alg) {
    return alg_names[static_cast<std::size_t>(alg)];
}

std::optional<JwtAlg> jwt_alg(std::string_view name) {
    const auto* const at = std::ranges::find(alg_names, name);
    if (at == alg_names.end()) return std::nullopt;
    return static_cast<JwtAlg>(at - alg_names.begin());
}

boost::system::result<JwtKey, JwkRefusal> JwtKey::from_jwk(const boost::json::object& jwk) {
    auto content = read_jwk(jwk);
    if (!content) return content.error();
    return JwtKey(std::make_shared<State>(*std::move(content)));
}

boost::system::result<JwtKey, JwkRefusal> JwtKey::from_secret(
    std::string_view secret, std::string_view kid) {
    auto name = checked_kid(kid);
    if (!name) return name.error();
    auto content = read_secret(std::string(secret));
    if (!content) return content.error();
    content->kid = *std::move(name);
    return JwtKey(std::make_shared<State>(*std::move(content)));
}

JwtAlg JwtKey::alg() const {
    return state_->content.alg;
}

const std::string& JwtKey::kid() const {
    return state_->content.kid;
}

const std::string& JwtKey::thumbprint() const {
    return state_->content.thumbprint;
}

bool JwtKey::verifies(std::string_view message, std::string_view signature) const {
    switch (state_->content.alg) {
    case JwtAlg::hs256:
        return equal_in_constant_time(hmac_sha256(state_->content.secret, message), signature);
    case JwtAlg::es256:
        return signature.size() == 2 * scalar_size &&
               evp_verifies(state_->verifier.get(), message, ecdsa_der(signature));
    case JwtAlg::rs256:
    case JwtAlg::eddsa: break;
    }
    return evp_verifies(state_->verifier.get(), message, signature);
}

} // namespace mfad::platform
