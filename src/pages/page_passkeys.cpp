// A passkey of a visit's user, bound by what his browser makes.
#include "page_calls.hpp"

namespace mfad::pages {

using domain::FactorType;
using service::FieldReader;
using service::Passkeys;

Answer post_passkey(Exchange& x) {
    Asked asked = co_await read_proved_visit(x);
    if (asked.refusal) co_return std::move(*asked.refusal);
    if (!offered(asked).contains(FactorType::passkey)) co_return state_answer(409, "not_allowed");
    const service::AccountNames names = co_await x.services.visits.names(asked.visit);
    const domain::RelyingParty party = co_await x.services.visits.party(asked.visit);
    const auto offer =
        co_await x.services.factors.passkeys().offer(asked.visit.user, party, names.account);
    if (!offer && offer.error().field == "passkeys") co_return state_answer(409, "too_many");
    if (!offer) co_return refuse(x, offer.error());
    platform::JsonText body = begin_state("open");
    body.key("passkey").raw(offer->options);
    append_time(body, "expires_at", offer->ends);
    co_return state_answer(200, std::move(body));
}

Answer post_passkey_confirm(Exchange& x) {
    Asked asked = co_await read_proved_visit(x);
    if (asked.refusal) co_return std::move(*asked.refusal);
    FieldReader in(asked.body, {});
    const std::string_view label = in.maybe_text("label").value_or("");
    const boost::json::object* credential = in.maybe_object("credential");
    if (in.failed() || credential == nullptr || label.size() > Passkeys::max_label)
        co_return bad_message(x);
    const std::string text = boost::json::serialize(*credential);
    const domain::RelyingParty party = co_await x.services.visits.party(asked.visit);
    const auto bound = co_await x.services.factors.passkeys().confirm(
        asked.visit.user, party, text, label, asked.visit.asker());
    if (!bound) co_return refuse(x, bound.error());
    co_await x.services.visits.bound(asked.visit);
    platform::JsonText body = begin_state("open");
    append_visit(body, x, asked.visit);
    co_return state_answer(200, std::move(body));
}

} // namespace mfad::pages
