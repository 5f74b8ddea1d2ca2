// The native API on a user's factors (docs/dialects.md, "Native").
#include "native_calls.hpp"

#include "mfad/platform/qr_code.hpp"
#include "mfad/service/factors.hpp"
#include "mfad/service/field_reader.hpp"
#include "mfad/service/users.hpp"

#include <boost/json.hpp>

namespace mfad::dialects::native_calls {
namespace {

namespace json = boost::json;
using domain::Permission;
using domain::Refusal;
using domain::Result;
using http::Response;
using service::FieldReader;
using Code = Refusal::Code;

/// What the user calls his app.
Result<std::string> read_app(const http::Request& request) {
    static constexpr std::string_view known[] = {"label"};
    Result<json::object> body = json::object();
    if (!request.body.empty()) body = body_object(request);
    if (!body) return body.error();
    FieldReader in(*body, {});
    in.refuse_others(known);
    std::string label = read_label(in);
    if (in.failed()) return *in.failed();
    return label;
}

Result<std::string> read_code(const http::Request& request) {
    static constexpr std::string_view known[] = {"code"};
    const Result<json::object> body = body_object(request);
    if (!body) return body.error();
    FieldReader in(*body, {});
    in.refuse_others(known);
    const std::string_view code = in.text("code");
    if (in.failed()) return *in.failed();
    return std::string(code);
}

Answer remove(Exchange& x, const std::string& id) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit_once(x, Permission::users_delete);
    if (!admitted) co_return refuse(x, admitted.error());
    const domain::UserRef ref{x.call.tenant->id, user};
    const auto removed = co_await x.services.factors.remove(ref, id, service::Asker::host);
    if (!removed && removed.error().code == Code::not_enrolled)
        co_return refuse(x, domain::refuse(Code::no_such_path));
    if (!removed) co_return refuse(x, removed.error());
    co_return no_content(x);
}

} // namespace

Answer post_totp(Exchange& x) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit_once(x, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<std::string> label = read_app(x.request);
    if (!label) co_return refuse(x, label.error());
    const Result<service::UserView> view = co_await x.services.users.find(x.call, user);
    if (!view) co_return refuse(x, view.error());
    const std::string account = view->account();
    const domain::UserRef ref{x.call.tenant->id, user};
    const auto offer =
        co_await x.services.factors.offer_totp(ref, x.call.tenant->name, account, *label);
    if (!offer) co_return refuse(x, offer.error());
    platform::JsonText body;
    body.begin_object().member("secret", offer->secret).member("otpauth_url", offer->uri);
    append_text(body, "qr_svg", platform::qr_svg(offer->uri).value_or(""));
    append_time(body, "expires_at", offer->ends);
    Response response(201, json_type, std::move(body.end_object()).str());
    co_return std::move(add_rate_fields(response, x.call));
}

Answer confirm_totp(Exchange& x) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit_once(x, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<std::string> code = read_code(x.request);
    if (!code) co_return refuse(x, code.error());
    const domain::UserRef ref{x.call.tenant->id, user};
    const auto after = co_await x.services.factors.confirm_totp(ref, *code, service::Asker::host);
    if (!after) co_return refuse(x, after.error());
    co_return co_await changed_answer(x, user);
}

Answer post_recovery_codes(Exchange& x) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit_once(x, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const domain::UserRef ref{x.call.tenant->id, user};
    const auto codes = co_await x.services.factors.renew_recovery_codes(ref, service::Asker::host);
    if (!codes) co_return refuse(x, codes.error());
    platform::JsonText body;
    body.begin_object().key("codes").begin_array();
    for (const std::string& code : *codes)
        body.value(code);
    Response response(201, json_type, std::move(body.end_array().end_object()).str());
    co_return std::move(add_rate_fields(response, x.call));
}

// Paths of their own, since others begin with them.
Answer delete_totp(Exchange& x) {
    const std::string id(to_string(domain::FactorType::totp));
    co_return co_await remove(x, id);
}

Answer delete_passkeys(Exchange& x) {
    const std::string id(to_string(domain::FactorType::passkey));
    co_return co_await remove(x, id);
}

Answer delete_factor(Exchange& x) {
    const std::string id(x.parameter(1));
    co_return co_await remove(x, id);
}

Answer reset_user(Exchange& x) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit_once(x, Permission::users_delete);
    if (!admitted) co_return refuse(x, admitted.error());
    const domain::UserRef ref{x.call.tenant->id, user};
    const auto reset = co_await x.services.factors.reset(ref);
    if (!reset) co_return refuse(x, reset.error());
    co_return no_content(x);
}

} // namespace mfad::dialects::native_calls
