#pragma once

#include <boost/system/result.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

/// Public keys of authenticators (RFC 9052 section 7, RFC 9053; WebAuthn L3 section 5.8.5).
namespace mfad::platform {

/// COSE's numbers of the signature algorithms that are served. Each goes with one curve, as
/// WebAuthn says; signatures of the ES family are DER.
enum class CoseAlg : std::int32_t {
    es256 = -7,
    eddsa = -8, ///< Ed25519
    es384 = -35,
    es512 = -36,
    ed448 = -53,
    rs256 = -257
};

/// What passkeys are asked for, the most wanted first.
inline constexpr std::array<CoseAlg, 3> default_cose_algs{
    CoseAlg::eddsa, CoseAlg::es256, CoseAlg::rs256};

/// The algorithm of this number, if it is served.
std::optional<CoseAlg> cose_alg(std::int64_t number);

/// Why a key is not taken.
enum class CoseFault : std::uint8_t {
    cbor,    ///< not one CBOR map in the strict form of cbor.hpp
    kty,     ///< not one of OKP, EC2, RSA
    alg_crv, ///< not served, or not for this type of key or curve
    member,  ///< a coordinate, modulus or exponent is missing or no byte string
    invalid  ///< a point off its curve, of another size; an RSA key that JWTs could not use either
};

/// One public key for one algorithm. Copies share one immutable state, and any number of threads
/// may verify with it at the same time.
class CoseKey {
public:
    /// Parameters other than kty, alg, crv, x, y, n, e are passed over. RSA: 2048..8192 bits and
    /// odd exponents from 3 to 64 bits.
    static boost::system::result<CoseKey, CoseFault> parse(std::string_view cose);

    CoseAlg alg() const;

    /// Whether `signature` is this key's for `message`. Blocks for the time of one public key
    /// operation. Never throws over what was sent.
    bool verifies(std::string_view message, std::string_view signature) const;

private:
    struct State;
    explicit CoseKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

    std::shared_ptr<const State> state_;
};

} // namespace mfad::platform
