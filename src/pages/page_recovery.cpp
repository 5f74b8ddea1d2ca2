// The ways back of who has lost his factors (docs/pages.md).
#include "page_calls.hpp"

namespace mfad::pages {
namespace {

using domain::FactorSet;
using domain::FactorType;
using service::FieldReader;
using Status = store::ResetScheduled::Status;

constexpr FactorSet both_methods = FactorSet(FactorType::email) | FactorType::recovery_code;

http::Response cancel_answer(bool cancelled) {
    return state_answer(cancelled ? 200 : 404, cancelled ? "open" : "unknown");
}

/// In a proved visit, else who holds a link could have a mail sent as often as he likes.
Answer cancel_in_visit(Exchange& x, Message message) {
    Asked asked = co_await proved_visit_of(x, std::move(message));
    if (asked.refusal) co_return std::move(*asked.refusal);
    const bool cancelled = co_await x.services.recovery.cancel(asked.visit);
    co_return cancel_answer(cancelled);
}

} // namespace

/// Resets at once, for who has shown a code by mail and a recovery code in this visit.
Answer post_lost_reset(Exchange& x) {
    Asked asked = co_await read_visit(x);
    if (asked.refusal) co_return std::move(*asked.refusal);
    if (asked.record.mfa.change_restricted) co_return state_answer(409, "restricted");
    if (!asked.visit.recovered.contains(both_methods)) co_return state_answer(403, "proof_needed");
    const auto reset = co_await x.services.factors.reset_lost(asked.visit.user);
    if (!reset) co_return refuse(x, reset.error());
    asked.visit.recovered = {};
    asked.visit.proved = true;
    platform::JsonText body = begin_state("open");
    append_visit(body, x, asked.visit);
    co_return state_answer(200, std::move(body));
}

/// Has it done after a while, unless somebody objects.
Answer post_lost_schedule(Exchange& x) {
    Asked asked = co_await read_visit(x);
    if (asked.refusal) co_return std::move(*asked.refusal);
    const store::ResetScheduled scheduled = co_await x.services.recovery.schedule(asked.visit);
    switch (scheduled.status) {
    case Status::visit_over: co_return state_answer(410, "over");
    case Status::restricted: co_return state_answer(409, "restricted");
    case Status::no_address: co_return state_answer(409, "no_address");
    case Status::nothing_to_reset: co_return state_answer(409, "not_enrolled");
    case Status::scheduled:
    case Status::pending: break;
    }
    platform::JsonText body = begin_state("open");
    append_time(body, "reset_due", scheduled.due);
    co_return state_answer(200, std::move(body));
}

/// Cancels a reset on its way: by the token that its mail has, or in a visit.
Answer post_lost_cancel(Exchange& x) {
    Message message = read_message(x);
    if (message.refusal) co_return std::move(*message.refusal);
    FieldReader in(message.body, {});
    if (in.has("session")) co_return co_await cancel_in_visit(x, std::move(message));
    const std::string_view token = in.text("token");
    if (in.failed()) co_return bad_message(x);
    const bool cancelled = co_await x.services.recovery.cancel(token);
    co_return cancel_answer(cancelled);
}

} // namespace mfad::pages
