// The challenge of a visit: one of the user's factors, passed before he may change anything.
#include "device_cookie.hpp"
#include "page_calls.hpp"

#include "mfad/service/devices.hpp"

namespace mfad::pages {
namespace {

using domain::FactorType;
using domain::Result;
using http::Response;
using runtime::Awaitable;
using service::append_factors;
using service::FieldReader;
using Outcome = store::ChallengeOpened::Outcome;

/// Tries to pass the visit's challenge: with a passkey's credential, else with a code.
Awaitable<Result<service::Proved>> prove(Exchange& x, const Asked& asked, FactorType factor) {
    const service::Visit& visit = asked.visit;
    service::Challenges& challenges = x.services.challenges;
    FieldReader in(asked.body, {});
    if (factor != FactorType::passkey) {
        const std::string_view code = in.text("code");
        if (in.failed()) co_return *in.failed();
        co_return co_await challenges.prove(visit.challenge, visit.user.tenant, factor, code);
    }
    const boost::json::object* credential = in.maybe_object("credential");
    if (credential == nullptr) co_return domain::refuse(domain::Refusal::Code::missing);
    const std::string text = boost::json::serialize(*credential);
    const domain::RelyingParty party = co_await x.services.visits.party(visit);
    co_return co_await challenges.prove_passkey(visit.challenge, visit.user.tenant, party, text);
}

} // namespace

Awaitable<Response> challenge_answer(Exchange& x, service::Visit visit, bool recovers) {
    const std::string device = device_cookie(x.request, visit.user);
    const service::ChallengeAnswer answer =
        co_await x.services.visits.challenge(visit, recovers, device);
    const Outcome outcome = answer.opened.outcome;
    if (outcome == Outcome::no_such_user) co_return state_answer(410, "over");
    platform::JsonText body = begin_state("open");
    body.key("challenge");
    if (outcome == Outcome::opened) {
        body.begin_object();
        append_factors(body, "factors", answer.opened.factors);
        append_time(body, "expires_at", answer.opened.ends);
        if (!answer.passkey.empty()) body.key("passkey").raw(answer.passkey);
        body.end_object();
    } else {
        body.null().member("disabled", outcome == Outcome::all_disabled);
    }
    append_time(body, "expires_at", visit.ends);
    append_visit(body, x, visit);
    Response response = state_answer(200, std::move(body));
    if (!device.empty() && outcome == Outcome::opened)
        set_device_cookie(response, visit.user, answer.device_token);
    co_return response;
}

/// Another challenge, in place of one that is over; or one to recover lost factors by.
Answer post_challenge(Exchange& x) {
    Asked asked = co_await read_visit(x);
    if (asked.refusal) co_return std::move(*asked.refusal);
    FieldReader in(asked.body, {});
    const bool recovers = in.maybe_flag("recover").value_or(false);
    if (in.failed()) co_return bad_message(x);
    if (recovers && asked.record.mfa.change_restricted) co_return state_answer(409, "restricted");
    co_return co_await challenge_answer(x, std::move(asked.visit), recovers);
}

Answer post_challenge_send(Exchange& x) {
    Asked asked = co_await read_visit(x);
    if (asked.refusal) co_return std::move(*asked.refusal);
    const auto sent =
        co_await x.services.challenges.send_code(asked.visit.challenge, asked.visit.user.tenant);
    if (!sent && sent.error().code == domain::Refusal::Code::too_many)
        co_return wait_answer("over_budget", sent.error().retry_after);
    if (!sent) co_return refuse(x, sent.error());
    const auto gap = x.services.challenges.options().code_gap.period;
    platform::JsonText body = begin_state("open");
    append_time(body, "expires_at", sent->ends);
    body.member("resend_after", std::chrono::ceil<std::chrono::seconds>(gap).count());
    co_return state_answer(200, std::move(body));
}

Answer post_challenge_verify(Exchange& x) {
    Asked asked = co_await read_visit(x);
    if (asked.refusal) co_return std::move(*asked.refusal);
    FieldReader in(asked.body, {});
    const auto factor = domain::factor_type(in.text("factor"));
    const auto remember = in.maybe_text("remember"); // what the device is called
    if (in.failed() || !factor) co_return bad_message(x);
    if (remember && remember->size() > service::Devices::max_label) co_return bad_message(x);
    const auto proved = co_await prove(x, asked, *factor);
    if (!proved) co_return refuse(x, proved.error());
    const bool recovers = asked.visit.recovering;
    std::string device;
    if (remember && !recovers) {
        const auto remembered = co_await x.services.devices.remember(
            asked.visit.challenge, asked.visit.user.tenant, *remember);
        if (remembered) device = *remembered;
    }
    co_await x.services.visits.passed(asked.visit, *factor);
    platform::JsonText body = begin_state("open");
    body.member("verified", true);
    if (recovers) append_factors(body, "recovered", asked.visit.recovered);
    append_visit(body, x, asked.visit);
    Response response = state_answer(200, std::move(body));
    if (!device.empty()) set_device_cookie(response, asked.visit.user, device);
    co_return response;
}

} // namespace mfad::pages
