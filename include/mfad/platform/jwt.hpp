#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/platform/jwk.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

/// Checking signed tokens (JWS compact form: RFC 7515, RFC 7519, RFC 8725), in three steps, since
/// whose keys apply is read from a token that nobody has verified yet:
/// ```
/// auto parts = parse_jwt(token);
/// const JwtKey* key = …; // that of parts->text("iss") and parts->kid(); none: unknown_kid
/// auto error = verify_signature(*parts, *key);
/// if (!error) error = check_claims(*parts, rules);
/// ```
/// What the first step hands out is worth nothing before the other two have passed.
namespace mfad::platform {

/// What is wrong with a token, in the order of the checks: the first fault is reported.
enum class JwtError : std::uint8_t {
    too_big,       ///< over 8 KiB
    malformed,     ///< not three parts
    encoding,      ///< a part is not base64url, or not its only spelling
    header_json,   ///< header: not one JSON object within the limits, or kid or typ of a wrong type
    alg,           ///< missing, not served, or not the key's
    crit,          ///< asks for extensions, of which none is understood
    unknown_kid,   ///< no such key; `parse_jwt` says so itself of a kid over 128 bytes
    signature,     ///< not this key's
    typ,           ///< neither absent nor JWT nor at+jwt
    payload_json,  ///< payload: not one JSON object within the limits
    claim_missing, ///< a required claim
    claim_type,    ///< a claim is of the wrong type or cannot be what it should be
    expired,
    not_yet_valid, ///< by nbf or iat
    lifetime,      ///< issued for longer than is allowed
    issuer,
    audience
};

/// The name above, as metrics and logs show it.
std::string_view to_string(JwtError error);

struct ClaimRules;

/// A token taken apart. Nothing in it is verified.
class JwtParts {
public:
    JwtParts(JwtParts&&) noexcept;
    JwtParts& operator=(JwtParts&&) noexcept;
    ~JwtParts();

    JwtAlg alg() const;
    /// Empty when there is none; at most 128 bytes. Only good for looking a key up.
    std::string_view kid() const;
    /// The media type as it was sent; nothing when absent.
    std::optional<std::string_view> typ() const;

    /// Whether the payload is a JSON object within the limits. If not, all claims are missing, so
    /// that no keys can be found by them: the caller then reports `payload_json`.
    bool has_claims() const;
    /// The value of a claim that is a string.
    std::optional<std::string_view> text(std::string_view claim) const;
    /// The values of a claim that is a string or an array of strings, such as `aud`; empty for any
    /// other, and for an array of more than `max_texts`, so that no token has hundreds of tenants
    /// looked up.
    std::vector<std::string_view> texts(std::string_view claim) const;
    static constexpr std::size_t max_texts = 16;

private:
    struct Content;
    explicit JwtParts(std::unique_ptr<const Content> content);

    friend boost::system::result<JwtParts, JwtError> parse_jwt(std::string_view token);
    friend std::optional<JwtError> verify_signature(const JwtParts& parts, const JwtKey& key);
    friend std::optional<JwtError> check_claims(const JwtParts& parts, const ClaimRules& rules);

    std::unique_ptr<const Content> content_;
};

/// Takes `token` apart. Limits: 8 KiB, 1 KiB of header, 4 levels of JSON; duplicate members are
/// refused. Reports up to `crit`; what is wrong with typ and payload is kept for `check_claims`,
/// behind the signature. The parts refer to `token`, which has to outlive them. Header members that
/// name keys (`jwk`, `jku`, `x5u`, `x5c`) are passed over.
boost::system::result<JwtParts, JwtError> parse_jwt(std::string_view token);

/// Whether `key` made the token's signature with the one algorithm that the key is for: nothing,
/// `alg` or `signature`. Takes 1 µs (HS256) to some 100 µs of computing.
std::optional<JwtError> verify_signature(const JwtParts& parts, const JwtKey& key);

/// What a token has to say. `iss`, `exp` and `iat` are always required, `nbf` is checked when it is
/// there.
struct ClaimRules {
    UnixMillis now{};
    /// For clocks that differ; more than 60 s counts as 60.
    std::chrono::seconds leeway{30};
    /// Between `iat` and `exp`.
    std::chrono::seconds max_lifetime{3600};
    /// Equal to `iss`, byte by byte.
    std::string_view issuer;
    /// One of these must be the audience claim, or in its array. Empty: no token passes.
    std::span<const std::string_view> audiences;
    /// Some issuers name the tenant in a claim of their own.
    std::string_view audience_claim = "aud";
    /// The claim that names the user: a string without control characters, not empty. "": none is
    /// required.
    std::string_view subject_claim = "sub";
};

/// What `rules` object to; nothing when the token may be believed, provided that its signature was
/// verified.
std::optional<JwtError> check_claims(const JwtParts& parts, const ClaimRules& rules);

} // namespace mfad::platform
