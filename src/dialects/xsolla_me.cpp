// Xsolla's call of a user on himself (docs/dialects.md, "Xsolla").
#include "xsolla_calls.hpp"

#include "mfad/platform/json_text.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

namespace mfad::dialects::xsolla_calls {
namespace {

using domain::FactorType;
using domain::Refusal;
using domain::Result;
using domain::SettingsChange;
using http::Response;
using runtime::Awaitable;
using service::Call;
using Code = Refusal::Code;

/// Admits a user, by his token or key, and counts the call.
Awaitable<Result<void>> admit_user(Exchange& x) {
    if (x.request.count("Authorization") == 0) co_return domain::refuse(Code::no_credential);
    const auto value = single_header(x.request, "Authorization");
    const auto token = value ? after_scheme(*value, "Bearer") : std::nullopt;
    if (!token) co_return domain::refuse(Code::bad_credential);
    const service::Accepts accepts{false,           true, false, domain::DialectName::xsolla, {},
                                   x.request.client};
    Result<Call> call = co_await x.services.authenticator.authenticate(*token, accepts);
    if (!call) co_return call.error();
    x.call = std::move(*call);
    const domain::Caller& caller = x.call.caller;
    if (caller.kind != domain::Caller::Kind::user || caller.user.empty())
        co_return domain::refuse(Code::forbidden);
    const Result<void> key = take_key(x, caller.user);
    if (!key) co_return key;
    if (x.call.key) x.call.key->holds_secret = true; // the link
    co_return co_await take_quota(x);
}

/// Whether email is to be on. Its language is that of the user's own record.
Result<bool> read_wish(const http::Request& request) {
    const Result<boost::json::object> body = body_object(request);
    if (!body) return body.error();
    service::FieldReader in(*body, {});
    const std::string_view type = in.text("mfa_type");
    const bool enabled = in.maybe_flag("enabled").value_or(false);
    in.maybe_text("locale");
    if (!in.failed() && type != "email") in.invalid("mfa_type", "must be email");
    if (in.failed()) return *in.failed();
    return enabled;
}

/// While nothing is active, switching email on is left to the link: it proves the address. What
/// changes an account that is guarded already takes a fresh proof, which the link of a call that
/// changes nothing leads to.
SettingsChange change_of(bool enabled, bool active) {
    SettingsChange change;
    if (enabled && active) change.enable = FactorType::email;
    if (!enabled) change.disable = FactorType::email;
    change.must_be_allowed = FactorType::email;
    change.if_unrestricted = true;
    change.proof = SettingsChange::Proof::when_active;
    change.link = SettingsChange::Link::always;
    change.link_factors = FactorType::email;
    change.mails_link = enabled;
    return change;
}

} // namespace

Answer post_own_mfa(Exchange& x) {
    const Result<void> admitted = co_await admit_user(x);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<bool> enabled = read_wish(x.request);
    if (!enabled) co_return co_await refuse_content(x, enabled.error());
    const std::string user = x.call.caller.user;
    const auto state = co_await x.services.settings.read(x.call, user);
    if (!state) co_return refuse(x, state.error());
    const SettingsChange change = change_of(*enabled, state->active());
    const auto changed = co_await x.services.settings.change(x.call, user, change);
    if (!changed) co_return refuse(x, changed.error());
    platform::JsonText body;
    body.begin_object().member("url", changed->link).end_object();
    Response response(200, json_type, std::move(body).str());
    co_return std::move(add_rate_fields(response, x.call));
}

} // namespace mfad::dialects::xsolla_calls
