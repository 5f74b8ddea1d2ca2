#include "mfad/platform/cose_key.hpp"

#include "evp_public_key.hpp"
#include "evp_verify.hpp"
#include "mfad/platform/cbor.hpp"

#include <algorithm>

namespace mfad::platform {
namespace {

// RFC 9052 section 7.1, RFC 9053 section 7.
constexpr std::int64_t label_kty = 1;
constexpr std::int64_t label_alg = 3;
constexpr std::int64_t label_crv = -1; // of OKP and EC2
constexpr std::int64_t label_x = -2;
constexpr std::int64_t label_y = -3;
constexpr std::int64_t label_n = -1; // of RSA
constexpr std::int64_t label_e = -2;

constexpr std::int64_t kty_okp = 1;
constexpr std::int64_t kty_ec2 = 2;
constexpr std::int64_t kty_rsa = 3;

constexpr std::int64_t no_crv = 0; // reserved by RFC 9053

/// What belongs together (WebAuthn L3 section 5.8.5).
struct Suite {
    CoseAlg alg;
    std::int64_t kty;
    std::int64_t crv;
};
constexpr std::array<Suite, 6> suites{{
    {CoseAlg::es256, kty_ec2, 1},
    {CoseAlg::eddsa, kty_okp, 6},
    {CoseAlg::es384, kty_ec2, 2},
    {CoseAlg::es512, kty_ec2, 3},
    {CoseAlg::ed448, kty_okp, 7},
    {CoseAlg::rs256, kty_rsa, no_crv},
}};

std::optional<std::int64_t> integer(CborValue map, std::int64_t label) {
    const auto value = map.find(label);
    return value ? value->integer() : std::nullopt;
}

std::optional<std::string_view> bytes(CborValue map, std::int64_t label) {
    const auto value = map.find(label);
    return value ? value->bytes() : std::nullopt;
}

PublicKey ec_key(CoseAlg alg, std::string_view x, std::string_view y) {
    if (alg == CoseAlg::es384) return ec_public_key(p384, x, y);
    if (alg == CoseAlg::es512) return ec_public_key(p521, x, y);
    return ec_public_key(p256, x, y);
}

/// The numbers of the key; those of RSA and EC2 come in pairs.
boost::system::result<OpensslOwned<EVP_PKEY>, CoseFault> read_key(
    CborValue map, const Suite& suite) {
    const bool is_rsa = suite.kty == kty_rsa;
    const auto first = bytes(map, is_rsa ? label_n : label_x);
    const auto second = bytes(map, is_rsa ? label_e : label_y);
    if (!first || (!second && suite.kty != kty_okp)) return CoseFault::member;
    auto key = is_rsa                        ? rsa_public_key(*first, *second)
               : suite.kty == kty_ec2        ? ec_key(suite.alg, *first, *second)
               : suite.alg == CoseAlg::ed448 ? ed448_public_key(*first)
                                             : ed25519_public_key(*first);
    if (!key) return CoseFault::invalid;
    return *std::move(key);
}

} // namespace

struct CoseKey::State {
    CoseAlg alg{};
    OpensslOwned<EVP_PKEY> key;
};

std::optional<CoseAlg> cose_alg(std::int64_t number) {
    const auto* const suite = std::ranges::find(
        suites, number, [](const Suite& one) { return static_cast<std::int64_t>(one.alg); });
    if (suite == suites.end()) return std::nullopt;
    return suite->alg;
}

boost::system::result<CoseKey, CoseFault> CoseKey::parse(std::string_view cose) {
    const auto document = CborDocument::parse(cose);
    if (!document || !document->root().is_map()) return CoseFault::cbor;
    const auto map = document->root();

    const auto kty = integer(map, label_kty);
    if (kty != kty_okp && kty != kty_ec2 && kty != kty_rsa) return CoseFault::kty;
    const auto alg = integer(map, label_alg);
    const auto crv = kty == kty_rsa ? no_crv : integer(map, label_crv);
    const auto* const suite = std::ranges::find_if(suites, [&](const Suite& one) {
        return static_cast<std::int64_t>(one.alg) == alg && one.kty == kty && one.crv == crv;
    });
    if (suite == suites.end()) return CoseFault::alg_crv;

    auto key = read_key(map, *suite);
    if (!key) return key.error();
    return CoseKey(std::make_shared<State>(State{suite->alg, *std::move(key)}));
}

CoseAlg CoseKey::alg() const {
    return state_->alg;
}

bool CoseKey::verifies(std::string_view message, std::string_view signature) const {
    return evp_verifies(state_->key.get(), state_->alg, message, signature);
}

} // namespace mfad::platform
