// quiva.ai, a user on his authenticator app and recovery codes (docs/dialects.md, "quiva").
#include "quiva_calls.hpp"

#include "mfad/platform/json_text.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace mfad::dialects::quiva_calls {
namespace {

namespace json = boost::json;
using domain::FactorType;
using domain::Permission;
using domain::Refusal;
using domain::Result;
using runtime::Awaitable;
using service::Asker;
using service::FieldReader;
using Code = Refusal::Code;
using Codes = std::vector<std::string>;

struct Confirmation {
    std::string code;
    std::string secret;
};

Result<Confirmation> read_confirmation(const http::Request& request) {
    const Result<json::object> body = body_object(request, false);
    if (!body) return body.error();
    FieldReader in(*body, {});
    Confirmation read;
    read.code = in.text("code");
    read.secret = in.text("secret");
    if (in.failed()) return *in.failed();
    return read;
}

/// A refusal of what was typed: the vendor keeps 401 for who asks.
Refusal as_bad_request(const Refusal& why) {
    if (why.code == Code::wrong_code) return domain::refuse(Code::invalid, "code", "is wrong");
    if (why.code == Code::expired)
        return domain::refuse(Code::invalid, "secret", "is not the one that was shown, or too old");
    if (why.code == Code::not_enrolled)
        return domain::refuse(Code::invalid, "totp", "is not enrolled");
    return why;
}

} // namespace

Awaitable<Result<void>> admit_factor_write(Exchange& x) {
    const Result<void> admitted = co_await admit(x);
    if (!admitted) co_return admitted;
    co_return co_await begin_once(x, x.call.caller.user);
}

Awaitable<Result<domain::UserRef>> admit_factor_write_on_subject(Exchange& x) {
    const Result<void> admitted = co_await admit_factor_write(x);
    if (!admitted) co_return admitted.error();
    const Result<std::string> user = co_await subject_of_body(x);
    if (!user) co_return user.error();
    co_return domain::UserRef{x.call.tenant->id, *user};
}

Asker asker_of(const Exchange& x, const domain::UserRef& user) {
    return user.user == x.call.caller.user ? Asker::himself : Asker::host;
}

Answer generate_totp_key(Exchange& x) {
    const Result<void> admitted = co_await admit_factor_write(x);
    if (!admitted) co_return refuse(x, admitted.error());
    const std::string& user = x.call.caller.user;
    const Result<service::UserView> view = co_await x.services.users.find(x.call, user);
    if (!view) co_return refuse(x, view.error());
    const std::string account = view->account();
    const domain::UserRef ref{x.call.tenant->id, user};
    const std::string label;
    const auto offer =
        co_await x.services.factors.offer_totp(ref, x.call.tenant->name, account, label);
    if (!offer) co_return refuse(x, offer.error());
    platform::JsonText body;
    body.begin_object().key("data").begin_object();
    body.member("otpauth_url", offer->uri).member("secret", offer->secret).end_object();
    co_return answer(x, std::move(body));
}

Answer confirm_totp_registration(Exchange& x) {
    const Result<void> admitted = co_await admit_factor_write(x);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<Confirmation> typed = read_confirmation(x.request);
    if (!typed) co_return refuse(x, typed.error());
    const domain::UserRef ref{x.call.tenant->id, x.call.caller.user};
    service::Factors& factors = x.services.factors;
    const std::optional<std::string_view> secret(typed->secret);
    const auto bound = co_await factors.confirm_totp(ref, typed->code, Asker::himself, secret);
    if (!bound) co_return refuse(x, as_bad_request(bound.error()));
    // A part of the same act: the proof that it took, if any, was given.
    const auto renewed = co_await factors.renew_recovery_codes(ref, Asker::done);
    if (!renewed && renewed.error().code != Code::factor_not_allowed)
        co_return refuse(x, renewed.error());
    platform::JsonText body;
    body.begin_object().key("data").begin_object();
    append_codes(body, "recovery_codes", renewed ? *renewed : Codes());
    body.end_object();
    co_return answer(x, std::move(body));
}

Answer remove_totp(Exchange& x) {
    const Result<domain::UserRef> user = co_await admit_factor_write_on_subject(x);
    if (!user) co_return refuse(x, user.error());
    const std::string_view id = to_string(FactorType::totp);
    const auto removed = co_await x.services.factors.remove(*user, id, asker_of(x, *user));
    if (!removed) co_return refuse(x, as_bad_request(removed.error()));
    co_return success(x);
}

Answer issue_recovery_codes(Exchange& x) {
    const Result<domain::UserRef> user = co_await admit_factor_write_on_subject(x);
    if (!user) co_return refuse(x, user.error());
    const auto codes = co_await x.services.factors.renew_recovery_codes(*user, asker_of(x, *user));
    if (!codes) co_return refuse(x, codes.error());
    platform::JsonText body;
    body.begin_object();
    append_codes(body, "data", *codes);
    co_return answer(x, std::move(body));
}

/// Codes are shown once, when they are made: what can be said later is how many are left.
Answer view_recovery_codes(Exchange& x) {
    const Result<void> admitted = co_await admit(x);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<std::string> user = co_await subject_of_query(x, Permission::users_read);
    if (!user) co_return refuse(x, user.error());
    const Result<domain::MfaState> state = co_await x.services.settings.read(x.call, *user);
    if (!state) co_return refuse(x, state.error());
    const domain::UserRef ref{x.call.tenant->id, *user};
    const auto factors = co_await x.services.factors.list(ref, state->enrolled);
    const auto set =
        std::ranges::find(factors, FactorType::recovery_code, &service::FactorView::type);
    const unsigned left = set == factors.end() ? 0 : set->codes_left.value_or(0);
    platform::JsonText body;
    body.begin_object();
    append_codes(body, "data", Codes(left, "********"));
    co_return answer(x, std::move(body));
}

} // namespace mfad::dialects::quiva_calls
