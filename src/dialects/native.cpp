// The product's own API and everything that no dialect owns: RFC 9457 problems.
#include "native_calls.hpp"

#include "mfad/http/problem.hpp"
#include "mfad/platform/concat.hpp"

namespace mfad::dialects {
namespace {

using domain::Refusal;
using http::Method;
using http::Request;
using http::Response;
using Code = Refusal::Code;

/// The keys that access tokens are signed with; for everybody.
runtime::Awaitable<Response> get_key_set(Exchange& exchange) {
    Response response(
        200, "application/json", exchange.services.tokens.key_set(platform::wall_now()));
    response.header(
        "Cache-Control",
        platform::concat("public, max-age=", std::to_string(platform::key_set_max_age.count())));
    co_return response;
}

constexpr Route route_table[] = {
    {Method::get, "/v1/users", native_calls::list_users},
    {Method::get, "/v1/users/{id}", native_calls::get_user},
    {Method::put, "/v1/users/{id}", native_calls::put_user},
    {Method::delete_, "/v1/users/{id}", native_calls::delete_user},
    {Method::get, "/v1/users/{id}/mfa", native_calls::get_mfa},
    {Method::patch, "/v1/users/{id}/mfa", native_calls::patch_mfa},
    {Method::post, "/v1/users/{id}/enrollments", native_calls::post_enrollment},
    {Method::get, "/v1/enrollments/{id}", native_calls::get_enrollment},
    {Method::post, "/v1/users/{id}/factors/totp", native_calls::post_totp},
    {Method::delete_, "/v1/users/{id}/factors/totp", native_calls::delete_totp},
    {Method::post, "/v1/users/{id}/factors/totp/confirm", native_calls::confirm_totp},
    {Method::post, "/v1/users/{id}/factors/passkey", native_calls::post_passkey},
    {Method::delete_, "/v1/users/{id}/factors/passkey", native_calls::delete_passkeys},
    {Method::post, "/v1/users/{id}/factors/passkey/confirm", native_calls::confirm_passkey},
    {Method::patch, "/v1/users/{id}/factors/{factor_id}", native_calls::patch_factor},
    {Method::delete_, "/v1/users/{id}/factors/{factor_id}", native_calls::delete_factor},
    {Method::post, "/v1/users/{id}/recovery-codes", native_calls::post_recovery_codes},
    {Method::post, "/v1/users/{id}/reset", native_calls::reset_user},
    {Method::get, "/v1/users/{id}/devices", native_calls::list_devices},
    {Method::delete_, "/v1/users/{id}/devices", native_calls::delete_devices},
    {Method::delete_, "/v1/users/{id}/devices/{device_id}", native_calls::delete_device},
    {Method::post, "/v1/users/{id}/challenges", native_calls::post_challenge},
    {Method::post, "/v1/challenges/send", native_calls::send_challenge_code},
    {Method::post, "/v1/challenges/verify", native_calls::verify_challenge},
    {Method::get, "/v1/challenges/{id}", native_calls::get_challenge},
    {Method::post, "/v1/sessions/introspect", native_calls::introspect_session},
    {Method::get, "/v1/tenant", native_calls::get_tenant},
    {Method::patch, "/v1/tenant", native_calls::patch_tenant},
    {Method::get, "/.well-known/jwks.json", get_key_set},
};

/// The title of a problem is what HTTP calls its status; `code` is for programs and never changes.
Refused refusal(Code code) {
    switch (code) {
    case Code::no_credential:
        return {401, "no-credential", "Send a server's credential as a Bearer token."};
    case Code::bad_credential: return {401, "bad-credential", "The credential is not valid."};
    case Code::forbidden: return {403, "forbidden", "The credential may not do this."};
    case Code::restricted:
        return {403, "restricted", "Changes of MFA are restricted for this user."};
    case Code::no_such_tenant: return {404, "no-such-tenant", "There is no such tenant."};
    case Code::no_such_user: return {404, "no-such-user", "There is no such user."};
    case Code::no_such_path: return {404, "not-found", "There is no such resource."};
    case Code::wrong_method: return {405, "wrong-method", "The resource has other methods."};
    case Code::too_large: return {413, "too-large", "The request is too large."};
    case Code::wrong_media: return {415, "wrong-media-type", "Send application/json."};
    case Code::malformed: return {400, "malformed", "The body is not a JSON object."};
    case Code::wrong_type: return {422, "wrong-type", "The request is not valid."};
    case Code::missing: return {422, "missing", "The request is not valid."};
    case Code::invalid: return {422, "invalid", "The request is not valid."};
    case Code::factor_not_allowed:
        return {422, "factor-not-allowed", "A factor is not allowed, or none is."};
    case Code::nothing_enabled: return {409, "nothing-enabled", "No MFA is enabled."};
    case Code::external_factor:
        return {409, "external-factor", "The factor is held by its provider."};
    case Code::unchanged: return {409, "unchanged", "Nothing would change."};
    case Code::proof_too_old: return {403, "proof-too-old", "Verify a second factor first."};
    case Code::not_enrolled:
        return {409, "not-enrolled", "The factor is not enrolled, or not offered here."};
    case Code::factors_disabled:
        return {
            409, "factors-disabled",
            "Too many wrong codes in a row. Enroll again, or have it reset."};
    case Code::wrong_code: return {401, "wrong-code", "The code is wrong."};
    case Code::already_used:
        return {401, "already-used", "The code was used already. Wait for the next one."};
    case Code::expired: return {410, "expired", "This is over, or was used. Begin again."};
    case Code::not_configured:
        return {409, "not-configured", "The tenant is not configured for this."};
    case Code::key_reused:
        return {422, "key-reused", "The Idempotency-Key was used for another request."};
    case Code::wrong_login: return {401, "wrong-login", "Wrong login or password."};
    case Code::too_many_logins:
    case Code::too_many: return {429, "too-many-requests", "Too many requests. Try again later."};
    case Code::unavailable:
        return {503, "unavailable", "The service is not available. Try again later."};
    case Code::internal: break;
    }
    return {500, "internal", "The request failed. Its id helps to find out why."};
}

/// The limits that a request was over.
std::vector<std::string_view> violated_policies(const service::Call& call, const Refusal& why) {
    std::vector<std::string_view> names;
    if (why.code != Code::too_many) return names;
    for (const domain::RateReport& report : call.rates)
        if (!report.verdict.allowed) names.emplace_back(report.policy.name);
    if (names.empty() && !why.policy.empty()) names.emplace_back(why.policy);
    return names;
}

std::string_view problem_type_of(Code code, bool over_limit) {
    if (over_limit) return http::quota_exceeded;
    return code == Code::unavailable ? http::reduced_capacity : "about:blank";
}

class Native : public Dialect {
public:
    domain::DialectName name() const override { return domain::DialectName::native; }
    std::span<const Route> routes() const override { return route_table; }
    Refused refused(Code code) const override { return refusal(code); }

    Response refuse(
        const Request& request, const service::Call& call, const Refusal& why) const override {
        const Refused refused = refusal(why.code);
        const std::string detail =
            why.field.empty() ? std::string(refused.text) : why.field + " " + why.why;
        const std::vector<std::string_view> violated = violated_policies(call, why);
        platform::JsonText problem = http::begin_problem(
            refused.status, http::reason_phrase(refused.status), detail, request.request_id,
            problem_type_of(why.code, !violated.empty()));
        problem.member("code", refused.code);
        if (!violated.empty()) {
            problem.key("violated-policies").begin_array();
            for (const std::string_view policy : violated)
                problem.value(policy);
            problem.end_array();
        }
        if (!why.field.empty()) problem.member("field", why.field);
        if (why.attempts_left && why.code == Code::wrong_code)
            problem.member("attempts_left", *why.attempts_left);
        Response response(
            refused.status, http::problem_type, std::move(problem.end_object()).str());
        if (refused.status == 401) response.header("WWW-Authenticate", "Bearer");
        add_allow(response, why);
        add_rate_fields(response, call);
        return std::move(add_retry_after(response, why));
    }
};

/// Takes the first segment off a path.
std::string_view first_segment(std::string_view& path) {
    path.remove_prefix(std::min<std::size_t>(path.size(), 1));
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

} // namespace

const Dialect& native() {
    static const Native dialect;
    return dialect;
}

const Dialect& owner_of(std::string_view path) {
    const std::string_view first = first_segment(path);
    if (first == "api" || first == "projects" || first == "otp") return xsolla();
    if (first == "users") return first_segment(path) == "me" ? xsolla() : rebilly();
    if (first == "organizations" || first == "profile") return rebilly();
    if (first == "accounts") return quiva();
    if (first == "v2" || first == "panel" || first == "user") return navixy();
    return native();
}

} // namespace mfad::dialects
