#include "page_calls.hpp"

#include "mfad/http/media_type.hpp"

#include <algorithm>

namespace mfad::pages {

namespace json = boost::json;
using domain::Refusal;
using http::Response;
using runtime::Awaitable;
using Code = Refusal::Code;

Response problem(
    const Exchange& x, unsigned status, std::string_view title, std::string_view detail) {
    return http::problem(status, title, detail, x.request.request_id);
}

Response bad_message(const Exchange& x) {
    return problem(x, 400, "Bad Request", "The body is not what this page sends.");
}

namespace {

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

} // namespace

Message read_message(const Exchange& x) {
    Message message;
    message.refusal = refuse_foreign(x);
    if (message.refusal) return message;
    domain::Result<json::object> body = service::parse_json_object(x.request.body);
    if (body)
        message.body = std::move(*body);
    else
        message.refusal = bad_message(x);
    return message;
}

Awaitable<Asked> visit_of(Exchange& x, Message message) {
    Asked asked;
    asked.refusal = std::move(message.refusal);
    if (asked.refusal) co_return asked;
    service::FieldReader in(message.body, {});
    const std::string_view session = in.text("session");
    if (in.failed()) {
        asked.refusal = bad_message(x);
        co_return asked;
    }
    std::optional<service::Visit> visit = x.services.visits.open(session);
    if (visit) asked.record = co_await x.services.visits.read(*visit);
    if (!visit || !asked.record.holds) {
        asked.refusal = state_answer(410, "over");
        co_return asked;
    }
    asked.visit = std::move(*visit);
    asked.body = std::move(message.body);
    co_return asked;
}

Awaitable<Asked> read_visit(Exchange& x) {
    Message message = read_message(x);
    co_return co_await visit_of(x, std::move(message));
}

Awaitable<Asked> proved_visit_of(Exchange& x, Message message) {
    Asked asked = co_await visit_of(x, std::move(message));
    if (!asked.refusal && !asked.visit.proved && asked.record.mfa.active())
        asked.refusal = state_answer(403, "proof_needed");
    co_return asked;
}

Awaitable<Asked> read_proved_visit(Exchange& x) {
    Message message = read_message(x);
    co_return co_await proved_visit_of(x, std::move(message));
}

platform::JsonText begin_state(std::string_view state) {
    platform::JsonText body;
    body.begin_object().member("state", state);
    return body;
}

Response state_answer(unsigned status, platform::JsonText body) {
    return {status, json_type, std::move(body.end_object()).str()};
}

Response state_answer(unsigned status, std::string_view state) {
    return state_answer(status, begin_state(state));
}

Response wait_answer(std::string_view state, std::chrono::milliseconds wait) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    platform::JsonText body = begin_state(state);
    body.member("retry_after", seconds);
    Response response = state_answer(429, std::move(body));
    response.header("Retry-After", std::to_string(std::max<long>(1, seconds)));
    return response;
}

Response refuse(const Exchange& x, const Refusal& refusal) {
    platform::JsonText body;
    switch (refusal.code) {
    case Code::wrong_code:
        body = begin_state("wrong_code");
        if (refusal.attempts_left) body.member("attempts_left", *refusal.attempts_left);
        return state_answer(422, std::move(body));
    case Code::already_used: return state_answer(422, "already_used");
    case Code::expired:
        return state_answer(410, refusal.attempts_left ? "exhausted" : "challenge_over");
    case Code::too_many: return wait_answer("wait", refusal.retry_after);
    case Code::proof_too_old: return state_answer(403, "proof_needed");
    case Code::restricted: return state_answer(409, "restricted");
    case Code::factor_not_allowed: return state_answer(409, "not_allowed");
    case Code::not_enrolled: return state_answer(409, "not_enrolled");
    case Code::factors_disabled: return state_answer(409, "disabled");
    case Code::no_such_tenant:
    case Code::no_such_user: return state_answer(410, "over");
    case Code::missing:
    case Code::wrong_type:
    case Code::malformed: return bad_message(x);
    case Code::invalid: // what cannot be a code, which counts as nothing
        return refusal.field == "code" ? state_answer(400, "no_code") : bad_message(x);
    case Code::unavailable:
        return problem(x, 503, "Service Unavailable", "Nothing was done; try again.");
    default: break;
    }
    return problem(x, 500, "Internal Server Error", "");
}

void append_time(platform::JsonText& body, std::string_view name, platform::UnixMillis time) {
    body.member(name, platform::rfc3339(time));
}

void append_visit(platform::JsonText& body, Exchange& x, const service::Visit& visit) {
    body.member("session", x.services.visits.seal(visit));
}

} // namespace mfad::pages
