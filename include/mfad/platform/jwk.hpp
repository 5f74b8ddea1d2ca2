#pragma once

#include <boost/json/fwd.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Keys that other people's tokens are checked with (RFC 7517, RFC 7518 section 6, RFC 8037).
namespace mfad::platform {

/// The signature algorithms that are served; `none` and everything else has no name here.
enum class JwtAlg : std::uint8_t { hs256, rs256, es256, eddsa };

/// `HS256`, `RS256`, `ES256`, `EdDSA`.
std::string_view to_string(JwtAlg alg);

/// The algorithm of exactly this name, case included.
std::optional<JwtAlg> jwt_alg(std::string_view name);

/// Why a key or a set of keys is not taken. The text names the fault and never repeats what was
/// sent.
struct JwkRefusal {
    JwkRefusal() = default;
    JwkRefusal(std::string text, bool is_foreign) : why(std::move(text)), foreign(is_foreign) {}

    std::string why;
    /// Sound perhaps, but for an algorithm or a purpose that is not served: a set passes over such
    /// a key (RFC 7517 section 5), and refuses to be read when a key is broken.
    bool foreign = false;
};

/// One key for one algorithm: parsed and checked once, then only used. Copies share one immutable
/// state, and any number of threads may verify with it at the same time.
class JwtKey {
public:
    static constexpr std::size_t max_kid_bytes = 128;
    static constexpr std::size_t min_secret_bytes = 32;

    /// The verifying part of a JWK; private members are passed over, never kept. Without `alg` the
    /// key gets the one that its `kty` and `crv` imply.
    ///
    /// Refuses: `kty`, `crv` or `alg` of another algorithm or at odds with each other, `use` other
    /// than `sig`, `key_ops` without `verify`, a `kid` that is no string of at most 128 bytes,
    /// secrets under 32 bytes, RSA moduli outside 2048..8192 bits, even, or open to CVE-2017-15361,
    /// RSA exponents that are even, under 3 or over 64 bits, EC points that are not on P-256 (RFC
    /// 7518 sections 3.2 to 3.4, RFC 8725 section 3.5). An empty `kid` is none.
    static boost::system::result<JwtKey, JwkRefusal> from_jwk(const boost::json::object& jwk);

    /// The HS256 key made of the bytes of `secret`, of which it wants at least 32.
    static boost::system::result<JwtKey, JwkRefusal> from_secret(
        std::string_view secret, std::string_view kid = {});

    JwtAlg alg() const;
    /// Empty when the key has none.
    const std::string& kid() const;
    /// RFC 7638 with SHA-256, in base64url: the same for two entries that hold one key, whatever
    /// their other members. That of an HS256 key is a hash of the secret: not for the outside.
    const std::string& thumbprint() const;

    /// Whether `signature` (raw bytes, in the form that JWS gives them) is this key's for
    /// `message`. Blocks for the time of one public key operation. Never throws over what was sent.
    bool verifies(std::string_view message, std::string_view signature) const;

private:
    struct State;
    explicit JwtKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

    std::shared_ptr<const State> state_;
};

/// The keys of one issuer (RFC 7517 section 5). Copies share the keys.
class JwkSet {
public:
    static constexpr std::size_t max_json_bytes = 256 * 1024;
    static constexpr std::size_t max_keys = 64;

    /// Reads `{"keys": […]}`. Foreign keys are passed over (`JwkRefusal::foreign`).
    ///
    /// Refuses: text over 256 KiB, duplicate members, a broken key, no key that can be used or more
    /// than 64, two keys of one `kid`, and secrets beside public keys: whoever may read the public
    /// ones must not come near to choosing what is taken for a secret (RFC 8725 section 2.1).
    static boost::system::result<JwkSet, JwkRefusal> parse(std::string_view json);

    /// The same for JSON that was parsed before; duplicate members have been lost by then.
    static boost::system::result<JwkSet, JwkRefusal> from_json(const boost::json::value& set);

    /// The key of this `kid`; for an empty one, the only key of the set. Null when there is none.
    /// Lives as long as the set.
    const JwtKey* find(std::string_view kid) const;

    std::span<const JwtKey> keys() const { return keys_; }

private:
    std::vector<JwtKey> keys_;
};

} // namespace mfad::platform
