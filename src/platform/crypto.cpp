#include "mfad/platform/crypto.hpp"

#include <cstring>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace mfad::platform {
namespace {

constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
constexpr std::size_t digest_size = 32;

void require(bool ok, const char* what) {
    if (!ok) throw std::runtime_error(std::string("OpenSSL: ") + what + " failed");
}

const unsigned char* data(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* data(std::string& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

struct Free {
    void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
    void operator()(EVP_MD* p) const { EVP_MD_free(p); }
    void operator()(EVP_MAC* p) const { EVP_MAC_free(p); }
    void operator()(EVP_MAC_CTX* p) const { EVP_MAC_CTX_free(p); }
    void operator()(EVP_KDF* p) const { EVP_KDF_free(p); }
    void operator()(EVP_KDF_CTX* p) const { EVP_KDF_CTX_free(p); }
    void operator()(EVP_CIPHER* p) const { EVP_CIPHER_free(p); }
    void operator()(EVP_CIPHER_CTX* p) const { EVP_CIPHER_CTX_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

// Fetching an algorithm costs more than using it, so each is fetched once.
const EVP_MD* sha256_algorithm() {
    static const Owned<EVP_MD> md{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    require(md != nullptr, "fetching SHA256");
    return md.get();
}

const EVP_CIPHER* gcm_algorithm() {
    static const Owned<EVP_CIPHER> cipher{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
    require(cipher != nullptr, "fetching AES-256-GCM");
    return cipher.get();
}

struct HmacKind {
    const char* name;
    std::size_t size;
};
constexpr std::array<HmacKind, 3> hmac_kinds{{{"SHA1", 20}, {"SHA256", 32}, {"SHA512", 64}}};

Owned<EVP_MAC_CTX> new_hmac(std::string digest) {
    static const Owned<EVP_MAC> mac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    require(mac != nullptr, "fetching HMAC");
    Owned<EVP_MAC_CTX> context{EVP_MAC_CTX_new(mac.get())};
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    require(context && EVP_MAC_CTX_set_params(context.get(), parameters.data()) == 1, "HMAC");
    return context;
}

} // namespace

std::string sha256(std::string_view bytes) {
    thread_local const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
    std::string digest(digest_size, '\0');
    require(
        EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1 &&
            EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
            EVP_DigestFinal_ex(context.get(), data(digest), nullptr) == 1,
        "SHA-256");
    return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    return hmac(HmacHash::sha256, key, bytes);
}

std::string hmac(HmacHash hash, std::string_view key, std::string_view bytes) {
    thread_local std::array<Owned<EVP_MAC_CTX>, hmac_kinds.size()> contexts;
    const auto index = static_cast<std::size_t>(hash);
    const HmacKind& kind = hmac_kinds.at(index);
    Owned<EVP_MAC_CTX>& context = contexts.at(index);
    if (!context) context = new_hmac(kind.name);
    std::string digest(kind.size, '\0');
    std::size_t length = 0;
    require(
        EVP_MAC_init(context.get(), data(key), key.size(), nullptr) == 1 &&
            EVP_MAC_update(context.get(), data(bytes), bytes.size()) == 1 &&
            EVP_MAC_final(context.get(), data(digest), &length, digest.size()) == 1,
        "HMAC");
    return digest;
}

std::string hkdf_sha256(
    std::string_view key, std::string_view salt, std::string_view info, std::size_t length) {
    const Owned<EVP_KDF> kdf{EVP_KDF_fetch(nullptr, "HKDF", nullptr)};
    const Owned<EVP_KDF_CTX> context{EVP_KDF_CTX_new(kdf.get())};
    std::string digest = "SHA256";
    // OpenSSL's parameters are not const, yet it only reads these.
    const auto octets = [](const char* name, std::string_view value) {
        return OSSL_PARAM_construct_octet_string(
            name, const_cast<char*>(value.data()), value.size());
    };
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        octets(OSSL_KDF_PARAM_KEY, key), octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
    std::string out(length, '\0');
    require(
        context && EVP_KDF_derive(context.get(), data(out), out.size(), parameters.data()) == 1,
        "HKDF");
    return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

namespace {

/// Random bytes drawn ahead: a call to OpenSSL costs far more than the bytes it gives. What was
/// handed out is overwritten, so that no later reader of this memory finds a secret in it.
class RandomStock {
public:
    ~RandomStock() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

    void take(std::span<unsigned char> out) {
        if (out.size() > bytes_.size() / 4) return draw(out);
        if (out.size() > left_) {
            draw(bytes_);
            left_ = bytes_.size();
        }
        left_ -= out.size();
        const auto taken = std::span(bytes_).subspan(left_, out.size());
        std::ranges::copy(taken, out.begin());
        OPENSSL_cleanse(taken.data(), taken.size());
    }

private:
    static void draw(std::span<unsigned char> out) {
        require(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1, "RAND_bytes");
    }

    std::array<unsigned char, 1024> bytes_{};
    std::size_t left_ = 0; // of `bytes_`, from its beginning
};

} // namespace

void fill_random(std::span<unsigned char> out) {
    thread_local RandomStock stock;
    stock.take(out);
}

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    fill_random({data(bytes), count});
    return bytes;
}

std::uint32_t random_below(std::uint32_t bound) {
    // Values of the last, incomplete stretch of `bound` would favour small results: draw again.
    const std::uint64_t usable = (std::uint64_t{1} << 32) / bound * bound;
    for (;;) {
        std::array<unsigned char, 4> raw{};
        fill_random(raw);
        const std::uint32_t value = std::uint32_t{raw[0]} | std::uint32_t{raw[1]} << 8 |
                                    std::uint32_t{raw[2]} << 16 | std::uint32_t{raw[3]} << 24;
        if (value < usable) return value % bound;
    }
}

void wipe(std::span<char> bytes) noexcept {
    explicit_bzero(bytes.data(), bytes.size());
}

void wipe(std::string& text) noexcept {
    wipe(std::span<char>(text));
    text.clear();
}

/// One context a direction, keyed once: each use sets its nonce alone.
struct Aead::Context {
    Owned<EVP_CIPHER_CTX> sealing{EVP_CIPHER_CTX_new()};
    Owned<EVP_CIPHER_CTX> opening{EVP_CIPHER_CTX_new()};

    explicit Context(std::string_view key) {
        require(
            EVP_EncryptInit_ex2(sealing.get(), gcm_algorithm(), data(key), nullptr, nullptr) == 1 &&
                EVP_DecryptInit_ex2(opening.get(), gcm_algorithm(), data(key), nullptr, nullptr) ==
                    1,
            "AES-256-GCM");
    }
};

Aead::Aead(std::string_view key) {
    if (key.size() != key_size) throw std::invalid_argument("an AES-256 key has 32 bytes");
    context_ = std::make_unique<Context>(key);
}
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;
Aead::~Aead() = default;

void Aead::seal_onto(std::string& out, std::string_view plain, std::string_view place) {
    EVP_CIPHER_CTX* const c = context_->sealing.get();
    const std::size_t begin = out.size();
    out.resize(begin + nonce_size + plain.size() + tag_size);
    unsigned char* const nonce = data(out) + begin;
    unsigned char* const text = nonce + nonce_size;
    unsigned char* const tag = text + plain.size();
    fill_random({nonce, nonce_size});
    int written = 0;
    require(
        EVP_EncryptInit_ex2(c, nullptr, nullptr, nonce, nullptr) == 1 &&
            EVP_EncryptUpdate(c, nullptr, &written, data(place), static_cast<int>(place.size())) ==
                1 &&
            EVP_EncryptUpdate(c, text, &written, data(plain), static_cast<int>(plain.size())) ==
                1 &&
            EVP_EncryptFinal_ex(c, text + written, &written) == 1 &&
            EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, tag_size, tag) == 1,
        "AES-256-GCM");
}

std::string Aead::seal(std::string_view plain, std::string_view place) {
    std::string out;
    seal_onto(out, plain, place);
    return out;
}

std::optional<std::string> Aead::open(std::string_view sealed, std::string_view place) {
    if (sealed.size() < overhead) return std::nullopt;
    EVP_CIPHER_CTX* const c = context_->opening.get();
    const std::string_view body = sealed.substr(nonce_size, sealed.size() - overhead);
    std::string tag(sealed.substr(sealed.size() - tag_size));
    std::string plain(body.size(), '\0');
    int written = 0;
    require(
        EVP_DecryptInit_ex2(c, nullptr, nullptr, data(sealed), nullptr) == 1 &&
            EVP_DecryptUpdate(c, nullptr, &written, data(place), static_cast<int>(place.size())) ==
                1 &&
            EVP_DecryptUpdate(
                c, data(plain), &written, data(body), static_cast<int>(body.size())) == 1 &&
            EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1,
        "AES-256-GCM");
    if (EVP_DecryptFinal_ex(c, data(plain) + written, &written) != 1) {
        wipe(plain);
        return std::nullopt;
    }
    return plain;
}

} // namespace mfad::platform
