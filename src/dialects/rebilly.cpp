// Rebilly, profile MFA (docs/dialects.md, "Rebilly").
#include "exchange.hpp"

#include "mfad/http/problem.hpp"
#include "mfad/platform/clock.hpp"
#include "mfad/platform/concat.hpp"
#include "mfad/platform/json_text.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/pchars.hpp>

#include <algorithm>

namespace mfad::dialects {
namespace {

using domain::FactorSet;
using domain::FactorType;
using domain::MfaState;
using domain::Permission;
using domain::Refusal;
using domain::Result;
using domain::SettingsChange;
using http::Method;
using http::Request;
using http::Response;
using runtime::Awaitable;
using service::Call;
using Code = Refusal::Code;

// As the vendor declares it, for errors too; clients parse either.
constexpr std::string_view json_type = "application/json; charset=utf-8";
constexpr std::size_t max_user_id = 50;

// ---- who asks -----------------------------------------------------------------------------------

/// Whether the path begins with `/organizations/{organizationId}`: then it is the first parameter.
bool names_organization(const Exchange& x) {
    return x.request.path.starts_with("/organizations/");
}

struct Presented {
    std::string_view credential;
    bool may_be_server = false; ///< a server's credential is a key, never a bearer token
};

/// `REB-APIKEY: <secret>` or `Authorization: Bearer <token>`; the key goes first where both are
/// sent.
Result<Presented> credential(const Request& request) {
    if (request.count("REB-APIKEY") > 0) {
        const auto key = single_header(request, "REB-APIKEY");
        if (!key) return domain::refuse(Code::bad_credential);
        return Presented{*key, true};
    }
    const auto authorization = single_header(request, "Authorization");
    if (!authorization) return domain::refuse(Code::no_credential);
    const auto token = after_scheme(*authorization, "Bearer");
    if (!token) return domain::refuse(Code::bad_credential);
    return Presented{*token, false};
}

service::Accepts accepts(const Exchange& x, const Presented& presented) {
    const std::string_view organization = names_organization(x) ? x.parameter(0) : "";
    return {presented.may_be_server,      true,         false,
            domain::DialectName::rebilly, organization, x.request.client};
}

/// Takes over a call that was admitted, unless it is on another organization.
Result<void> enter(Exchange& x, Result<Call>& call) {
    if (!call) return call.error();
    if (names_organization(x) && call->tenant->id != x.parameter(0))
        return domain::refuse(Code::no_such_tenant);
    x.call = std::move(*call);
    return {};
}

/// Admits a call of a user on himself.
Awaitable<Result<void>> admit_profile(Exchange& x, bool writes) {
    const Result<Presented> presented = credential(x.request);
    if (!presented) co_return presented.error();
    service::Authenticator& authenticator = x.services.authenticator;
    const service::Accepts accepted = accepts(x, *presented);
    std::optional<Result<Call>> call = authenticator.known(presented->credential, accepted);
    if (!call) call = co_await authenticator.authenticate(presented->credential, accepted);
    const Result<void> entered = enter(x, *call);
    if (!entered) co_return entered;

    const bool is_user =
        x.call.caller.kind == domain::Caller::Kind::user && !x.call.caller.user.empty();
    Result<void> ok{};
    if (writes) {
        if (is_user) ok = take_key(x, x.call.caller.user);
        if (x.call.key) x.call.key->holds_secret = x.request.method == Method::post; // the link
        const Result<void> quota = co_await take_quota(x);
        if (!quota) co_return quota;
    }
    if (!ok) co_return ok;
    if (!is_user) co_return domain::refuse(Code::forbidden);
    co_return Result<void>{};
}

// ---- what is shown ------------------------------------------------------------------------------

std::string resource_url(const Exchange& x, std::string_view resource) {
    const std::string organization = boost::urls::encode(x.call.tenant->id, boost::urls::pchars);
    return platform::concat(x.services.public_url, "/organizations/", organization, resource);
}

/// Duo shows as itself; everything that is built in shows as the one other type that the dialect
/// knows.
std::string_view type_of(const MfaState& state, const domain::Tenant& tenant) {
    const FactorSet usable = state.required() & state.enrolled;
    if (usable.contains(FactorType::duo)) return "duo";
    return tenant.rebilly_builtin_is_otp ? "otp" : "guardian";
}

std::string profile_mfa(
    const Exchange& x, const MfaState& state, std::string_view self, std::string_view enrollment) {
    platform::JsonText body;
    body.begin_object().member("status", state.active() ? "active" : "inactive");
    if (state.active())
        body.member("type", type_of(state, *x.call.tenant));
    else
        body.key("type").null();
    if (state.last_auth_time)
        body.member("lastAuthTime", platform::rfc3339(*state.last_auth_time));
    else
        body.key("lastAuthTime").null();
    body.key("_links").begin_array();
    body.begin_object().member("href", self).member("rel", "self").end_object();
    if (!enrollment.empty())
        body.begin_object().member("href", enrollment).member("rel", "enrollment").end_object();
    return std::move(body.end_array().end_object()).str();
}

/// The organization's quota, on every answer to a write from where the organization is known.
Response& add_quota_fields(Response& response, const Call& call) {
    if (call.rates.empty()) return response;
    const domain::RateReport& quota = call.rates.front();
    response.header("X-RateLimit-Limit", std::to_string(quota.policy.limit));
    response.header("X-RateLimit-Remaining", std::to_string(quota.verdict.remaining));
    return add_rate_fields(response, call);
}

// ---- GET, POST and DELETE /profile/mfa ----------------------------------------------------------

Awaitable<Response> get_profile_mfa(Exchange& x) {
    const Result<void> admitted = co_await admit_profile(x, false);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<MfaState> state = co_await x.services.settings.read(x.call, x.call.caller.user);
    if (!state) co_return refuse(x, state.error());
    const std::string self = resource_url(x, "/profile/mfa");
    co_return Response(200, json_type, profile_mfa(x, *state, self, {}));
}

/// The body is nobody's business: the vendor's clients send none, under the oddest content types.
Awaitable<Response> post_profile_mfa(Exchange& x) {
    const Result<void> admitted = co_await admit_profile(x, true);
    if (!admitted) co_return refuse(x, admitted.error());
    SettingsChange change;
    change.if_unrestricted = true;
    change.unless_active = true; // verifying an active factor changes nothing
    change.must_allow_any = true;
    change.link = SettingsChange::Link::always;
    const std::string user = x.call.caller.user;
    const auto changed = co_await x.services.settings.change(x.call, user, change);
    if (!changed) co_return refuse(x, changed.error());
    const std::string self = resource_url(x, "/profile/mfa");
    Response response(201, json_type, profile_mfa(x, changed->after, self, changed->link));
    response.header("Location", self);
    co_return std::move(add_quota_fields(response, x.call));
}

Awaitable<Response> delete_profile_mfa(Exchange& x) {
    const Result<void> admitted = co_await admit_profile(x, true);
    if (!admitted) co_return refuse(x, admitted.error());
    SettingsChange change;
    change.disable = FactorSet::all();
    change.remove_factors = true;
    change.if_unrestricted = true;
    change.if_enabled = true;
    change.if_internal = true;
    change.proof = SettingsChange::Proof::always;
    const std::string user = x.call.caller.user;
    const auto changed = co_await x.services.settings.change(x.call, user, change);
    if (!changed) co_return refuse(x, changed.error());
    Response response(204);
    co_return std::move(add_quota_fields(response, x.call));
}

// ---- GET /users/{id}/mfa ------------------------------------------------------------------------

/// `^[@~\-\.\w]+$`, at most 50 characters.
bool is_resource_id(std::string_view id) {
    return !id.empty() && id.size() <= max_user_id && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '@' || c == '~' || c == '-' || c == '.';
    });
}

Awaitable<Response> get_user_mfa(Exchange& x) {
    const std::string user(x.parameter(names_organization(x) ? 1 : 0));
    const Result<Presented> presented = credential(x.request);
    if (!presented) co_return refuse(x, presented.error());
    const service::Accepts accepted = accepts(x, *presented);
    Result<Call> call =
        co_await x.services.authenticator.authenticate(presented->credential, accepted);
    const Result<void> entered = enter(x, call);
    if (!entered) co_return refuse(x, entered.error());
    const domain::Caller& caller = x.call.caller;
    const bool own = caller.kind == domain::Caller::Kind::user && !caller.user.empty();
    if (own ? caller.user != user : !caller.permissions.has(Permission::users_read))
        co_return refuse(x, domain::refuse(Code::forbidden));
    if (!is_resource_id(user)) co_return refuse(x, domain::refuse(Code::no_such_user));
    const Result<MfaState> state = co_await x.services.settings.read(x.call, user);
    if (!state) co_return refuse(x, state.error());
    const std::string self = resource_url(x, "/users/" + user + "/mfa");
    co_return Response(200, json_type, profile_mfa(x, *state, self, {}));
}

// ---- answers ------------------------------------------------------------------------------------

constexpr Route route_table[] = {
    {Method::get, "/profile/mfa", get_profile_mfa},
    {Method::post, "/profile/mfa", post_profile_mfa},
    {Method::delete_, "/profile/mfa", delete_profile_mfa},
    {Method::get, "/users/{id}/mfa", get_user_mfa},
    {Method::get, "/organizations/{organization_id}/profile/mfa", get_profile_mfa},
    {Method::post, "/organizations/{organization_id}/profile/mfa", post_profile_mfa},
    {Method::delete_, "/organizations/{organization_id}/profile/mfa", delete_profile_mfa},
    {Method::get, "/organizations/{organization_id}/users/{id}/mfa", get_user_mfa},
};

/// The dialect has no codes of its own; here `code` is the title and `text` the detail of the
/// problem.
Refused refusal(Code code) {
    switch (code) {
    case Code::no_credential:
        return {401, "Unauthorized", "Send an API key in REB-APIKEY or a JWT in Authorization."};
    case Code::bad_credential: return {401, "Unauthorized", "The credential is not valid."};
    case Code::forbidden: return {403, "Forbidden", "The credential may not do this."};
    case Code::restricted:
        return {403, "Forbidden", "Changes of MFA are restricted for this user."};
    case Code::factor_not_allowed: return {403, "Forbidden", "MFA is not allowed for this user."};
    case Code::external_factor:
        return {403, "Forbidden", "MFA of type duo cannot be changed here. Contact support."};
    case Code::proof_too_old:
        return {
            403, "Forbidden",
            "MFA was last verified more than 10 minutes ago. Verify it again, then repeat."};
    case Code::no_such_tenant: return {404, "Not Found", "There is no such organization."};
    case Code::no_such_user: return {404, "Not Found", "There is no such user."};
    case Code::nothing_enabled: return {404, "Not Found", "No MFA is enabled."};
    case Code::no_such_path: return {404, "Not Found", "There is no such resource."};
    case Code::wrong_method: return {405, "Method Not Allowed", "The resource has other methods."};
    case Code::too_large: return {413, "Content Too Large", "The request is too large."};
    case Code::wrong_media:
        return {415, "Unsupported Media Type", "The encoding is not supported."};
    case Code::malformed:
    case Code::wrong_type:
    case Code::missing:
    case Code::invalid: return {400, "Bad Request", "The request is not valid."};
    case Code::not_enrolled:
    case Code::factors_disabled:
    case Code::wrong_code:
    case Code::already_used:
    case Code::expired:
    case Code::unchanged:
    case Code::not_configured: return {422, "Unprocessable Content", "The call is not possible."};
    case Code::key_reused:
        return {422, "Unprocessable Content", "The Idempotency-Key was used for another request."};
    case Code::wrong_login:
    case Code::too_many_logins:
    case Code::too_many:
        return {
            429, "Rate Limit Exceeded",
            "A request cannot be executed because the user has sent too many requests within a "
            "certain period of time"};
    case Code::unavailable:
        return {503, "Service Unavailable", "The service is not available. Try again later."};
    case Code::internal: break;
    }
    return {500, "Internal Server Error", "The request failed. Its id helps to find out why."};
}

class Rebilly : public Dialect {
public:
    domain::DialectName name() const override { return domain::DialectName::rebilly; }
    std::span<const Route> routes() const override { return route_table; }
    Refused refused(Code code) const override { return refusal(code); }

    Response refuse(const Request& request, const Call& call, const Refusal& why) const override {
        const Refused refused = refusal(why.code);
        std::string detail(refused.text);
        if (!why.field.empty()) detail = why.field + " " + why.why;
        Response response(
            refused.status, json_type,
            http::problem_json(refused.status, refused.code, detail, request.request_id));
        if (refused.status == 401) response.header("WWW-Authenticate", "Bearer");
        if (refused.status == 429)
            response.header("X-RateLimit-Retry-After", std::to_string(retry_at(why)));
        add_allow(response, why);
        add_quota_fields(response, call);
        return std::move(add_retry_after(response, why));
    }

private:
    /// The dialect gives the time when it may be tried again, in UTC seconds.
    static std::int64_t retry_at(const Refusal& why) {
        const auto at = platform::wall_now() + why.retry_after;
        return std::chrono::ceil<std::chrono::seconds>(at.time_since_epoch()).count();
    }
};

} // namespace

const Dialect& rebilly() {
    static const Rebilly dialect;
    return dialect;
}

} // namespace mfad::dialects
