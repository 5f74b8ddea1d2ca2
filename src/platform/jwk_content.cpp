#include "jwk_content.hpp"

#include "evp_public_key.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"

#include <boost/json/object.hpp>

#include <algorithm>

namespace mfad::platform {
namespace {

namespace json = boost::json;
template <class T>
using Read = boost::system::result<T, JwkRefusal>;

JwkRefusal broken(std::string why) {
    return {std::move(why), false};
}

JwkRefusal broken_member(std::string_view name, std::string_view what) {
    std::string why(name);
    why.append(what);
    return {std::move(why), false};
}

JwkRefusal foreign(std::string why) {
    return {std::move(why), true};
}

/// A member that must be a string where it stands; absent is not the same as empty.
Read<std::optional<std::string_view>> text(const json::object& jwk, std::string_view name) {
    const auto* const member = jwk.if_contains(name);
    if (!member) return std::optional<std::string_view>();
    if (!member->is_string()) return broken_member(name, " is not a string");
    return std::optional<std::string_view>(member->get_string());
}

/// The bytes of a required base64url member.
Read<std::string> bytes(const json::object& jwk, std::string_view name) {
    const auto member = text(jwk, name);
    if (!member) return member.error();
    if (!*member) return broken_member(name, " is missing");
    auto decoded = from_base64url(**member);
    if (!decoded) return broken_member(name, " is not base64url");
    return *std::move(decoded);
}

std::optional<JwkRefusal> check_purpose(const json::object& jwk) {
    const auto use = text(jwk, "use");
    if (!use) return use.error();
    if (*use && **use != "sig") return foreign("its use is not sig");
    const auto* const operations = jwk.if_contains("key_ops");
    if (!operations) return std::nullopt;
    if (!operations->is_array()) return broken("key_ops is not an array");
    const auto& list = operations->get_array();
    if (std::ranges::find(list, json::value("verify")) == list.end())
        return foreign("its key_ops lack verify");
    return std::nullopt;
}

/// The algorithm that kty and crv stand for, if it is one of ours.
Read<JwtAlg> implied_alg(std::string_view kty, const json::object& jwk) {
    if (kty == "oct") return JwtAlg::hs256;
    if (kty == "RSA") return JwtAlg::rs256;
    if (kty != "EC" && kty != "OKP") return foreign("its kty is not one of oct, RSA, EC, OKP");
    const auto crv = text(jwk, "crv");
    if (!crv) return crv.error();
    if (!*crv) return broken("crv is missing");
    if (kty == "EC" && **crv == "P-256") return JwtAlg::es256;
    if (kty == "OKP" && **crv == "Ed25519") return JwtAlg::eddsa;
    return foreign("its crv is not one of P-256, Ed25519");
}

Read<JwtAlg> read_alg(const json::object& jwk) {
    const auto kty = text(jwk, "kty");
    if (!kty) return kty.error();
    if (!*kty) return broken("kty is missing");
    const auto name = text(jwk, "alg");
    if (!name) return name.error();
    const auto named = *name ? jwt_alg(**name) : std::nullopt;
    if (*name && !named) return foreign("its alg is not one of HS256, RS256, ES256, EdDSA");
    const auto implied = implied_alg(**kty, jwk);
    if (!named || (implied && *implied == *named)) return implied;
    return broken("its alg does not go with its kty and crv");
}

/// Big-endian without leading zeros: RFC 7518 section 6.3.1 asks for it, some issuers do not know,
/// and one key is to have one thumbprint.
std::string minimal(std::string number) {
    number.erase(0, number.find_first_not_of('\0'));
    return number;
}

JwkContent content(std::string canonical, OpensslOwned<EVP_PKEY> key) {
    JwkContent content;
    content.thumbprint = base64url(sha256(canonical)); // RFC 7638 section 3
    content.public_key = std::move(key);
    return content;
}

Read<JwkContent> read_rsa(const json::object& jwk) {
    auto n = bytes(jwk, "n");
    if (!n) return n.error();
    auto e = bytes(jwk, "e");
    if (!e) return e.error();
    const auto modulus = minimal(*std::move(n));
    const auto exponent = minimal(*std::move(e));
    auto key = rsa_public_key(modulus, exponent);
    if (!key) return broken(key.error());
    return content(
        R"({"e":")" + base64url(exponent) + R"(","kty":"RSA","n":")" + base64url(modulus) + R"("})",
        *std::move(key));
}

Read<JwkContent> read_ec(const json::object& jwk) {
    const auto x = bytes(jwk, "x");
    if (!x) return x.error();
    const auto y = bytes(jwk, "y");
    if (!y) return y.error();
    auto key = p256_public_key(*x, *y);
    if (!key) return broken(key.error());
    return content(
        R"({"crv":"P-256","kty":"EC","x":")" + base64url(*x) + R"(","y":")" + base64url(*y) +
            R"("})",
        *std::move(key));
}

Read<JwkContent> read_okp(const json::object& jwk) {
    const auto x = bytes(jwk, "x");
    if (!x) return x.error();
    auto key = ed25519_public_key(*x);
    if (!key) return broken(key.error());
    return content(
        R"({"crv":"Ed25519","kty":"OKP","x":")" + base64url(*x) + R"("})", *std::move(key));
}

Read<JwkContent> read_oct(const json::object& jwk) {
    auto k = bytes(jwk, "k");
    if (!k) return k.error();
    return read_secret(*std::move(k));
}

Read<JwkContent> read_key(JwtAlg alg, const json::object& jwk) {
    switch (alg) {
    case JwtAlg::rs256: return read_rsa(jwk);
    case JwtAlg::es256: return read_ec(jwk);
    case JwtAlg::eddsa: return read_okp(jwk);
    case JwtAlg::hs256: break;
    }
    return read_oct(jwk);
}

} // namespace

Read<std::string> checked_kid(std::string_view kid) {
    if (kid.size() > JwtKey::max_kid_bytes) return broken("kid is over 128 bytes");
    return std::string(kid);
}

Read<JwkContent> read_secret(std::string secret) {
    if (secret.size() < JwtKey::min_secret_bytes) return broken("a secret under 32 bytes");
    auto read = content(R"({"k":")" + base64url(secret) + R"(","kty":"oct"})", nullptr);
    read.alg = JwtAlg::hs256;
    read.secret = std::move(secret);
    return read;
}

Read<JwkContent> read_jwk(const json::object& jwk) {
    const auto alg = read_alg(jwk);
    if (!alg) return alg.error();
    if (auto refusal = check_purpose(jwk)) return *refusal;
    const auto named = text(jwk, "kid");
    if (!named) return named.error();
    auto kid = checked_kid(named->value_or(""));
    if (!kid) return kid.error();
    auto read = read_key(*alg, jwk);
    if (!read) return read;
    read->alg = *alg;
    read->kid = *std::move(kid);
    return read;
}

} // namespace mfad::platform
