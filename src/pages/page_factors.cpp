// The factors of a visit's user: what there is, binding and removing them.
#include "page_calls.hpp"

#include "mfad/platform/qr_code.hpp"

namespace mfad::pages {
namespace {

using domain::FactorSet;
using domain::FactorType;
using domain::MfaState;
using service::append_factors;
using service::FieldReader;

constexpr FactorSet bound_here =
    FactorSet(FactorType::email) | FactorType::totp | FactorType::passkey;

void append_factor(platform::JsonText& body, const service::FactorView& factor) {
    body.begin_object().member("id", factor.id).member("type", to_string(factor.type));
    body.member("label", factor.label).member("disabled", factor.disabled);
    if (factor.created) append_time(body, "created_at", *factor.created);
    if (factor.last_used) append_time(body, "last_used_at", *factor.last_used);
    if (factor.codes_left) body.member("codes_left", *factor.codes_left);
    body.end_object();
}

} // namespace

FactorSet offered(const Asked& asked) {
    const MfaState& mfa = asked.record.mfa;
    if (mfa.change_restricted && asked.visit.asker() != service::Asker::invited) return {};
    FactorSet factors = mfa.allowed & bound_here;
    if (!asked.record.link_used && !asked.visit.factors.empty())
        factors = factors & asked.visit.factors;
    return factors;
}

/// All that the page shows of the user. Of who has not proved to be him it says no more than the
/// challenge does.
Answer post_status(Exchange& x) {
    Asked asked = co_await read_visit(x);
    if (asked.refusal) co_return std::move(*asked.refusal);
    const MfaState& mfa = asked.record.mfa;
    const bool hidden = mfa.active() && !asked.visit.proved;
    const service::AccountNames names = co_await x.services.visits.names(asked.visit);
    platform::JsonText body = begin_state("open");
    body.member("active", mfa.active()).member("proved", asked.visit.proved);
    body.member("restricted", mfa.change_restricted).member("address", names.masked_address);
    append_factors(body, "offered", hidden ? FactorSet() : offered(asked));
    body.member("recovery_codes", mfa.allowed.contains(FactorType::recovery_code));
    if (asked.record.reset_due) append_time(body, "reset_due", *asked.record.reset_due);
    body.key("factors").begin_array();
    if (!hidden) {
        // An address that is merely known is no factor yet.
        const FactorSet in_use = mfa.enrolled & (mfa.required() | FactorType::recovery_code);
        const auto factors = co_await x.services.factors.list(asked.visit.user, in_use);
        for (const service::FactorView& factor : factors)
            append_factor(body, factor);
    }
    body.end_array();
    if (!hidden) co_await append_devices(body, x, asked.visit.user);
    co_return state_answer(200, std::move(body));
}

/// A key for an authenticator app, shown once.
Answer post_totp(Exchange& x) {
    Asked asked = co_await read_proved_visit(x);
    if (asked.refusal) co_return std::move(*asked.refusal);
    if (!offered(asked).contains(FactorType::totp)) co_return state_answer(409, "not_allowed");
    const service::AccountNames names = co_await x.services.visits.names(asked.visit);
    const auto offer =
        co_await x.services.factors.offer_totp(asked.visit.user, names.tenant, names.account, "");
    if (!offer) co_return refuse(x, offer.error());
    platform::JsonText body = begin_state("open");
    body.member("secret", offer->secret).member("uri", offer->uri);
    body.member("qr", platform::qr_svg(offer->uri).value_or(""));
    append_time(body, "expires_at", offer->ends);
    co_return state_answer(200, std::move(body));
}

Answer post_totp_confirm(Exchange& x) {
    Asked asked = co_await read_proved_visit(x);
    if (asked.refusal) co_return std::move(*asked.refusal);
    FieldReader in(asked.body, {});
    const std::string_view code = in.text("code");
    const std::string_view label = in.maybe_text("label").value_or("");
    if (in.failed() || label.size() > service::Factors::max_label) co_return bad_message(x);
    const auto after = co_await x.services.factors.confirm_totp(
        asked.visit.user, code, asked.visit.asker(), std::nullopt, label);
    if (!after) co_return refuse(x, after.error());
    co_await x.services.visits.bound(asked.visit);
    platform::JsonText body = begin_state("open");
    append_visit(body, x, asked.visit);
    co_return state_answer(200, std::move(body));
}

/// A new set of recovery codes, shown once. They are of use beside another factor alone.
Answer post_recovery_codes(Exchange& x) {
    Asked asked = co_await read_proved_visit(x);
    if (asked.refusal) co_return std::move(*asked.refusal);
    if (!asked.record.mfa.active()) co_return state_answer(409, "not_enrolled");
    const auto codes =
        co_await x.services.factors.renew_recovery_codes(asked.visit.user, asked.visit.asker());
    if (!codes) co_return refuse(x, codes.error());
    platform::JsonText body = begin_state("open");
    body.key("codes").begin_array();
    for (const std::string& code : *codes)
        body.value(code);
    body.end_array();
    co_return state_answer(200, std::move(body));
}

Answer post_remove(Exchange& x) {
    Asked asked = co_await read_proved_visit(x);
    if (asked.refusal) co_return std::move(*asked.refusal);
    FieldReader in(asked.body, {});
    const std::string_view id = in.text("id");
    if (in.failed()) co_return bad_message(x);
    const auto removed =
        co_await x.services.factors.remove(asked.visit.user, id, service::Asker::himself);
    if (!removed) co_return refuse(x, removed.error());
    co_return state_answer(200, "open");
}

} // namespace mfad::pages
