// A link: how it stands, the visit that it begins, and the code that binds the user's address.
#include "page_calls.hpp"

#include "mfad/domain/one_time_code.hpp"

namespace mfad::pages {
namespace {

using http::Response;
using runtime::Awaitable;
using service::FieldReader;
using service::Followed;
using store::LinkKind;
using store::LinkState;

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
    case LinkState::proof_needed: return "proof_needed";
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
    case LinkState::proof_needed: return 403;
    case LinkState::open: break;
    }
    return 200;
}

Response link_answer(LinkState state) {
    return state_answer(status_of(state), name(state));
}

/// Who asks for the code of an address: a link by its token, or the visit that it began.
struct CodeCall {
    std::optional<Followed> followed;
    std::optional<service::Visit> visit;
    std::string code;
    std::optional<Response> refusal;
};

Awaitable<CodeCall> read_code_call(Exchange& x, bool with_code) {
    CodeCall call;
    Message message = read_message(x);
    call.refusal = std::move(message.refusal);
    if (call.refusal) co_return call;
    FieldReader in(message.body, {});
    const auto session = in.maybe_text("session");
    const std::string_view token = session ? std::string_view() : in.text("token");
    if (with_code) call.code = in.text("code");
    if (in.failed()) {
        call.refusal = bad_message(x);
        co_return call;
    }
    // What cannot be a code is not counted as a try.
    const unsigned length = x.services.enrollment.options().code_length;
    auto code = domain::typed_code(call.code, length);
    if (with_code && !code) {
        call.refusal = state_answer(400, "no_code");
        co_return call;
    }
    call.code = std::move(code).value_or("");
    if (session) {
        call.visit = x.services.visits.open(*session);
        if (call.visit) call.followed = call.visit->followed();
        if (!call.visit) call.refusal = state_answer(410, "over");
        co_return call;
    }
    call.followed = co_await x.services.enrollment.follow(token);
    if (!call.followed) call.refusal = link_answer(LinkState::unknown);
    co_return call;
}

} // namespace

/// How the link stands. Reads only; POST, since a token belongs in no URL that a log may hold.
Answer post_link(Exchange& x) {
    Message message = read_message(x);
    if (message.refusal) co_return std::move(*message.refusal);
    FieldReader in(message.body, {});
    const std::string_view token = in.text("token");
    if (in.failed()) co_return bad_message(x);
    const service::LinkView view = co_await x.services.enrollment.view(token);
    platform::JsonText body = begin_state(name(view.state));
    if (view.state == LinkState::open) {
        body.member("kind", view.kind == LinkKind::verify ? "verify" : "enroll");
        body.member("tenant", view.tenant_name).member("address", view.masked_address);
        body.member("locale", view.locale);
        append_time(body, "expires_at", view.ends);
        body.member("code_length", x.services.enrollment.options().code_length);
        if (view.code_ends) append_time(body, "code_expires_at", *view.code_ends);
    }
    co_return state_answer(200, std::move(body));
}

/// The button: begins a visit. Where MFA is active it opens a challenge, which has to be passed
/// before anything else.
Answer post_begin(Exchange& x) {
    Message message = read_message(x);
    if (message.refusal) co_return std::move(*message.refusal);
    FieldReader in(message.body, {});
    const std::string_view token = in.text("token");
    if (in.failed()) co_return bad_message(x);
    service::VisitBegun begun = co_await x.services.visits.begin(token);
    if (begun.state != LinkState::open) co_return link_answer(begun.state);
    co_return co_await challenge_answer(x, std::move(begun.visit), false);
}

/// Mails a code to the address that it is to bind.
Answer post_code(Exchange& x) {
    CodeCall call = co_await read_code_call(x, false);
    if (call.refusal) co_return std::move(*call.refusal);
    const store::CodeSent sent = co_await x.services.enrollment.send_code(*call.followed);
    if (sent.state == LinkState::over_budget)
        co_return wait_answer(name(sent.state), sent.retry_after);
    if (sent.state != LinkState::open) co_return link_answer(sent.state);
    x.services.wake_worker();
    const auto gap = x.services.enrollment.options().code_gap.period;
    platform::JsonText body = begin_state("open");
    append_time(body, "expires_at", sent.ends);
    body.member("resend_after", std::chrono::ceil<std::chrono::seconds>(gap).count());
    co_return state_answer(200, std::move(body));
}

/// Binds the address by its code.
Answer post_verify(Exchange& x) {
    CodeCall call = co_await read_code_call(x, true);
    if (call.refusal) co_return std::move(*call.refusal);
    const store::CodeChecked checked =
        co_await x.services.enrollment.verify_code(*call.followed, call.code);
    platform::JsonText body = begin_state(name(checked.state));
    if (checked.state == LinkState::wrong_code) body.member("attempts_left", checked.tries_left);
    if (checked.state == LinkState::open) {
        x.services.wake_worker(); // the notice of it
        body.member("verified", true);
        if (call.visit) {
            call.visit->proved = true;
            append_visit(body, x, *call.visit);
        }
    }
    co_return state_answer(status_of(checked.state), std::move(body));
}

} // namespace mfad::pages
