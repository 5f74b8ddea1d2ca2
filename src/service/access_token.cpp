#include "mfad/service/access_token.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/json_text.hpp"

namespace mfad::service {
namespace {

constexpr std::size_t id_bytes = 16;
constexpr std::chrono::minutes retry{1}; // somebody has to make a key

/// Rounded down: a token of this second is not one of the next.
std::int64_t seconds(platform::UnixMillis time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

domain::Refusal nothing_signs() {
    domain::Refusal refusal = domain::refuse(domain::Refusal::Code::unavailable);
    refusal.retry_after = retry;
    return refusal;
}

} // namespace

domain::Result<void> AccessTokens::ready(platform::UnixMillis now) const {
    if (!vault_.signer.ready(now)) return nothing_signs();
    return {};
}

domain::Result<std::string> AccessTokens::issue(
    const Proof& proof, platform::UnixMillis now) const {
    const std::int64_t issued = seconds(now);
    platform::JsonText claims;
    claims.begin_object().member("iss", options_.issuer).member("sub", proof.user);
    claims.member("aud", proof.tenant);
    claims.member("jti", platform::base64url(platform::random_bytes(id_bytes)));
    claims.member("iat", issued).member("exp", issued + options_.lifetime.count());
    claims.key("amr").begin_array();
    for (const std::string& method : proof.methods)
        claims.value(method);
    claims.end_array();
    claims.member("acr", proof.level).member("auth_time", seconds(proof.passed)).end_object();
    auto token = vault_.signer.sign(claims.str(), now);
    if (token) return *std::move(token);
    return nothing_signs();
}

} // namespace mfad::service
