// Xsolla's second step of a sign-in, on a challenge that the host has opened: its token is the
// `challenge_id` (docs/dialects.md, "Xsolla").
#include "xsolla_calls.hpp"

#include "mfad/http/form.hpp"
#include "mfad/platform/concat.hpp"
#include "mfad/platform/json_text.hpp"

#include <algorithm>

namespace mfad::dialects::xsolla_calls {
namespace {

using domain::FactorType;
using domain::Refusal;
using domain::Result;
using http::Request;
using http::Response;
using runtime::Awaitable;
using service::Call;
using Code = Refusal::Code;

// ---- pages of other origins ---------------------------------------------------------------------

/// The origin of the page that calls, if the tenant has named it.
std::optional<std::string_view> admitted_origin(const Request& request, const Call& call) {
    const auto origin = single_header(request, "Origin");
    if (!origin || !call.tenant) return std::nullopt;
    const auto& known = call.tenant->xsolla_widget_origins;
    if (std::ranges::find(known, *origin) == known.end()) return std::nullopt;
    return origin;
}

/// The vendor's client asks in credentials mode, and a browser then wants this answer to be said to
/// be for it; no cookie means anything here.
void admit_origin(Response& response, std::string_view origin) {
    response.header("Access-Control-Allow-Origin", origin);
    response.header("Access-Control-Allow-Credentials", "true");
}

Response shared(const Exchange& x, Response response) {
    share_with_widget(x.request, x.call, response);
    return response;
}

// ---- parameters ---------------------------------------------------------------------------------

Result<std::string> parameter(const Request& request, std::string_view name) {
    const auto query = http::Form::parse(request.query);
    if (!query) return domain::refuse(Code::malformed, "query", "is not well-formed");
    const std::string field(name);
    if (query->count(name) > 1) return domain::refuse(Code::invalid, field, "was sent twice");
    const auto value = query->find(name);
    if (!value || value->empty()) return domain::refuse(Code::missing, field, "is required");
    return std::string(*value);
}

struct PendingSignIn {
    std::string token;
    domain::UserRef user;
};

Awaitable<Result<PendingSignIn>> admit_pending(Exchange& x) {
    Result<std::string> token = parameter(x.request, "challenge_id");
    if (!token) co_return token.error();
    Result<domain::UserRef> user = co_await admit_challenge(x, *token);
    if (!user) co_return user.error();
    co_return PendingSignIn{std::move(*token), std::move(*user)};
}

// ---- GET /otp/validate --------------------------------------------------------------------------

std::string with_token(const std::string& url, const std::string& token) {
    const bool has_query = url.find('?') != std::string::npos;
    return platform::concat(url, has_query ? "&token=" : "?token=", token);
}

Awaitable<Response> validate(Exchange& x) {
    const Result<PendingSignIn> pending = co_await admit_pending(x);
    if (!pending) co_return refuse(x, pending.error());
    const Result<std::string> code = parameter(x.request, "code");
    if (!code) co_return refuse(x, code.error());
    // Before the code is spent: it would lead nowhere.
    const std::string& url = x.call.tenant->xsolla_callback_url;
    if (url.empty()) co_return refuse(x, domain::refuse(Code::not_configured));
    const auto passed = co_await x.services.challenges.verify(
        pending->token, pending->user.tenant, FactorType::email, *code);
    // What cannot be a code counts as nothing, and is a wrong one to whoever has typed it.
    if (!passed && passed.error().code == Code::invalid)
        co_return refuse(x, domain::refuse(Code::wrong_code));
    if (!passed) co_return refuse(x, passed.error());
    platform::JsonText body;
    body.begin_object().member("url", with_token(url, passed->access_token)).end_object();
    Response response(200, json_type, std::move(body).str());
    co_return std::move(add_rate_fields(response, x.call));
}

// ---- PUT /otp/resend ----------------------------------------------------------------------------

/// The body, a `locale`, is not read: the mail is in the user's own language.
Awaitable<Response> resend(Exchange& x) {
    const Result<PendingSignIn> pending = co_await admit_pending(x);
    if (!pending) co_return refuse(x, pending.error());
    const auto sent =
        co_await x.services.challenges.send_code(pending->token, pending->user.tenant);
    if (!sent) co_return refuse(x, sent.error());
    Response response(200, json_type, "{}");
    co_return std::move(add_rate_fields(response, x.call));
}

// ---- OPTIONS ------------------------------------------------------------------------------------

/// The URL of the call names the challenge, which names the tenant. Counted against nothing.
Awaitable<Response> preflight(Exchange& x, std::string_view method) {
    const Result<std::string> token = parameter(x.request, "challenge_id");
    if (!token) co_return refuse(x, token.error());
    const auto user = x.services.challenges.holder(*token);
    if (user) x.call.tenant = co_await x.services.tenants.find_tenant(user->tenant);
    const auto origin = admitted_origin(x.request, x.call);
    if (!origin) co_return refuse(x, domain::refuse(Code::forbidden));
    Response response(204);
    admit_origin(response, *origin);
    response.header("Access-Control-Allow-Methods", method);
    response.header("Access-Control-Allow-Headers", "Content-Type, Idempotency-Key, X-Request-Id");
    response.header("Access-Control-Max-Age", "600").header("Vary", "Origin");
    co_return response;
}

} // namespace

bool is_of_widget(std::string_view path) {
    return path.starts_with("/otp/") || path.starts_with("/api/otp/");
}

void share_with_widget(const Request& request, const Call& call, Response& response) {
    if (!call.tenant || call.tenant->xsolla_widget_origins.empty()) return;
    if (response.fields().find("Vary: Origin") != std::string_view::npos) return; // it is
    response.header("Vary", "Origin");
    const auto origin = admitted_origin(request, call);
    if (!origin) return;
    admit_origin(response, *origin);
    response.header("Access-Control-Expose-Headers", "RateLimit, Retry-After, X-Request-Id");
}

Answer validate_code(Exchange& x) {
    Response response = co_await validate(x);
    co_return shared(x, std::move(response));
}

Answer resend_code(Exchange& x) {
    Response response = co_await resend(x);
    co_return shared(x, std::move(response));
}

Answer preflight_validate(Exchange& x) {
    return preflight(x, "GET");
}

Answer preflight_resend(Exchange& x) {
    return preflight(x, "PUT");
}

} // namespace mfad::dialects::xsolla_calls
