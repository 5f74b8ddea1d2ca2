#include "mfad/pages/pages.hpp"

#include "assets.hpp"

#include "mfad/domain/one_time_code.hpp"
#include "mfad/http/media_type.hpp"
#include "mfad/http/problem.hpp"
#include "mfad/platform/json_text.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

namespace mfad::pages {
namespace {

namespace json = boost::json;
using domain::Refusal;
using http::Method;
using http::Request;
using http::Response;
using runtime::Awaitable;
using store::LinkKind;
using store::LinkState;

constexpr std::string_view json_type = "application/json; charset=utf-8";

Response problem(
    const Exchange& x, unsigned status, std::string_view title, std::string_view detail) {
    return http::problem(status, title, detail, x.request.request_id);
}

// ---- what the page asks -------------------------------------------------------------------------

struct Message {
    std::string token;
    std::string code;
};

/// Only our own page may ask: a form of another site cannot send JSON, and a browser says where a
/// script comes from.
std::optional<Response> refuse_foreign(const Exchange& x) {
    const auto origin = x.request.header("Origin");
    const auto site = x.request.header("Sec-Fetch-Site");
    if ((origin && *origin != x.services.public_origin) || (site && *site != "same-origin"))
        return problem(x, 403, "Forbidden", "The request does not come from this page.");
    if (!http::names_media_type(x.request.header("Content-Type").value_or(""), "application/json"))
        return problem(x, 415, "Unsupported Media Type", "Send application/json.");
    return std::nullopt;
}

std::optional<Message> read_message(const Request& request, bool with_code) {
    const domain::Result<json::object> body = service::parse_json_object(request.body);
    if (!body) return std::nullopt;
    service::FieldReader in(*body, {});
    Message message;
    message.token = in.text("token");
    if (with_code) message.code = in.text("code");
    if (in.failed()) return std::nullopt;
    return message;
}

Response bad_message(const Exchange& x) {
    return problem(x, 400, "Bad Request", "The body is not what this page sends.");
}

// ---- what it is told ----------------------------------------------------------------------------

std::string_view name(LinkState state) {
    switch (state) {
    case LinkState::open: return "open";
    case LinkState::unknown: return "unknown";
    case LinkState::expired: return "expired";
    case LinkState::used: return "used";
    case LinkState::superseded: return "superseded";
    case LinkState::exhausted: return "exhausted";
    case LinkState::restricted: return "restricted";
    case LinkState::over_budget: return "over_budget";
    case LinkState::no_address: return "no_address";
    case LinkState::wrong_code: return "wrong_code";
    case LinkState::not_allowed: return "not_allowed";
    }
    return {};
}

unsigned status_of(LinkState state) {
    switch (state) {
    case LinkState::unknown: return 404;
    case LinkState::expired:
    case LinkState::used:
    case LinkState::superseded:
    case LinkState::exhausted: return 410;
    case LinkState::restricted:
    case LinkState::not_allowed:
    case LinkState::no_address: return 409;
    case LinkState::over_budget: return 429;
    case LinkState::wrong_code: return 422;
    case LinkState::open: break;
    }
    return 200;
}

/// A state that the page shows its own text for.
platform::JsonText begin_state(LinkState state) {
    platform::JsonText body;
    body.begin_object().member("state", name(state));
    return body;
}

Response state_response(LinkState state, platform::JsonText body) {
    return {status_of(state), json_type, std::move(body.end_object()).str()};
}

// ---- routes -------------------------------------------------------------------------------------

Awaitable<Response> get_page(Exchange&) {
    co_return page_response();
}

Awaitable<Response> get_asset(Exchange& x) {
    std::optional<Response> asset = asset_response(x.match.parameter(0));
    if (!asset) co_return problem(x, 404, "Not Found", "There is no such resource.");
    co_return std::move(*asset);
}

/// How the link stands. Reads only; POST, since a token belongs in no URL that a log may hold.
Awaitable<Response> post_link(Exchange& x) {
    if (std::optional<Response> foreign = refuse_foreign(x)) co_return std::move(*foreign);
    const std::optional<Message> message = read_message(x.request, false);
    if (!message) co_return bad_message(x);
    const service::LinkView view = co_await x.services.enrollment.view(message->token);
    platform::JsonText body = begin_state(view.state);
    if (view.state == LinkState::open) {
        body.member("kind", view.kind == LinkKind::verify ? "verify" : "enroll");
        body.member("tenant", view.tenant_name).member("address", view.masked_address);
        body.member("locale", view.locale).member("expires_at", platform::rfc3339(view.ends));
        body.member("code_length", x.services.enrollment.options().code_length);
        if (view.code_ends) body.member("code_expires_at", platform::rfc3339(*view.code_ends));
    }
    co_return Response(200, json_type, std::move(body.end_object()).str());
}

Awaitable<Response> post_code(Exchange& x) {
    if (std::optional<Response> foreign = refuse_foreign(x)) co_return std::move(*foreign);
    const std::optional<Message> message = read_message(x.request, false);
    if (!message) co_return bad_message(x);
    const store::CodeSent sent = co_await x.services.enrollment.send_code(message->token);
    platform::JsonText body = begin_state(sent.state);
    if (sent.state == LinkState::open) {
        const auto gap = x.services.enrollment.options().code_gap.period;
        body.member("expires_at", platform::rfc3339(sent.ends));
        body.member("resend_after", std::chrono::ceil<std::chrono::seconds>(gap).count());
        x.services.wake_worker();
    }
    const auto wait = std::chrono::ceil<std::chrono::seconds>(sent.retry_after).count();
    if (sent.state == LinkState::over_budget) body.member("retry_after", wait);
    Response response = state_response(sent.state, std::move(body));
    if (sent.state == LinkState::over_budget)
        response.header("Retry-After", std::to_string(std::max<long>(1, wait)));
    co_return response;
}

Awaitable<Response> post_verify(Exchange& x) {
    if (std::optional<Response> foreign = refuse_foreign(x)) co_return std::move(*foreign);
    const std::optional<Message> message = read_message(x.request, true);
    if (!message) co_return bad_message(x);
    // What cannot be a code is not counted as a try.
    const auto code =
        domain::typed_code(message->code, x.services.enrollment.options().code_length);
    if (!code) co_return problem(x, 400, "Bad Request", "The code has another length.");
    const store::CodeChecked checked =
        co_await x.services.enrollment.verify_code(message->token, *code);
    platform::JsonText body = begin_state(checked.state);
    if (checked.state == LinkState::open) body.member("verified", true);
    if (checked.state == LinkState::wrong_code) body.member("attempts_left", checked.tries_left);
    co_return state_response(checked.state, std::move(body));
}

constexpr Route route_table[] = {
    {Method::get, "/enroll", get_page},
    {Method::get, "/enroll/", get_page},
    {Method::get, "/enroll/assets/{name}", get_asset},
    {Method::post, "/enroll/api/link", post_link},
    {Method::post, "/enroll/api/code", post_code},
    {Method::post, "/enroll/api/verify", post_verify},
};

} // namespace

std::span<const Route> routes() {
    return route_table;
}

} // namespace mfad::pages
