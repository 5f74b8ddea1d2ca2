// quiva.ai, accounts (docs/dialects.md, "quiva").
#include "exchange.hpp"

#include "mfad/http/form.hpp"
#include "mfad/http/media_type.hpp"
#include "mfad/platform/json_text.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

namespace mfad::dialects {
namespace {

namespace json = boost::json;
using domain::FactorSet;
using domain::FactorType;
using domain::MfaState;
using domain::Permission;
using domain::Refusal;
using domain::Result;
using domain::SettingsChange;
using http::Method;
using http::Request;
using http::Response;
using runtime::Awaitable;
using service::Call;
using service::FieldReader;
using Code = Refusal::Code;

constexpr std::string_view json_type = "application/json; charset=utf-8";

// ---- who asks -----------------------------------------------------------------------------------

/// `X-Api-Key: <key>`, or a key or token after `Bearer `; the key goes first where both are sent.
Result<std::string_view> credential(const Request& request) {
    if (request.count("X-Api-Key") > 0) {
        const auto key = single_header(request, "X-Api-Key");
        if (!key) return domain::refuse(Code::bad_credential);
        return *key;
    }
    const auto authorization = single_header(request, "Authorization");
    if (!authorization) return domain::refuse(Code::no_credential);
    const auto token = after_scheme(*authorization, "Bearer");
    if (!token) return domain::refuse(Code::bad_credential);
    return *token;
}

Awaitable<Result<void>> admit(Exchange& x) {
    const Result<std::string_view> token = credential(x.request);
    if (!token) co_return token.error();
    const service::Accepts accepts{false, true, false, domain::DialectName::quiva, {}};
    service::Authenticator& authenticator = x.services.authenticator;
    std::optional<Result<Call>> known = authenticator.known(*token, accepts);
    if (!known) known = co_await authenticator.authenticate(*token, accepts);
    Result<Call>& call = *known;
    if (!call) co_return call.error();
    if (call->caller.user.empty()) co_return domain::refuse(Code::forbidden);
    x.call = std::move(*call);
    co_return Result<void>{};
}

// ---- PATCH /accounts/mfa-settings ---------------------------------------------------------------

/// Members that are not sent stay as they are; others beside them are ignored.
Result<SettingsChange> read_mfa_settings(const Request& request) {
    const auto type = request.header("Content-Type");
    if (type && !http::names_media_type(*type, "application/json"))
        return domain::refuse(Code::wrong_media);
    const Result<json::object> body = service::parse_json_object(request.body);
    if (!body) return body.error();
    FieldReader in(*body, {});
    const auto totp = in.maybe_flag("totp_enabled");
    const auto passkey = in.maybe_flag("passkey_enabled");
    if (in.failed()) return *in.failed();
    if (!totp && !passkey)
        return domain::refuse(Code::missing, "totp_enabled or passkey_enabled", "must be set");

    SettingsChange change;
    const auto set = [&change](std::optional<bool> flag, FactorType factor) {
        if (flag)
            (*flag ? change.enable : change.disable) =
                (*flag ? change.enable : change.disable) | factor;
    };
    set(totp, FactorType::totp);
    set(passkey, FactorType::passkey);
    change.must_be_allowed = change.enable;
    change.if_unrestricted = true;
    change.proof = SettingsChange::Proof::when_active;
    if (!change.enable.empty()) change.link = SettingsChange::Link::if_unenrolled;
    return change;
}

Awaitable<Response> patch_mfa_settings(Exchange& x) {
    const Result<void> admitted = co_await admit(x);
    if (!admitted) co_return refuse(x, admitted.error());
    const std::string user = x.call.caller.user;
    const Result<void> key = take_key(x, user);
    if (!key) co_return refuse(x, key.error());
    const Result<void> quota = co_await take_quota(x);
    if (!quota) co_return refuse(x, quota.error());
    const Result<SettingsChange> change = read_mfa_settings(x.request);
    if (!change) co_return co_await refuse_content(x, change.error());
    const auto changed = co_await x.services.settings.change(x.call, user, *change);
    if (!changed) co_return refuse(x, changed.error());
    Response response(200, json_type, R"({"message":"success"})");
    co_return std::move(add_rate_fields(response, x.call));
}

// ---- GET /accounts/user-mfa-info ----------------------------------------------------------------

/// Whom the call is about: the caller, unless `email` names somebody else of his tenant.
Awaitable<Result<std::string>> subject(Exchange& x) {
    const auto query = http::Form::parse(x.request.query);
    if (!query) co_return domain::refuse(Code::malformed, "query", "is not well-formed");
    const auto email = query->find("email");
    if (!email) co_return x.call.caller.user;
    co_return co_await x.services.settings.user_by_email(x.call, *email, Permission::users_read);
}

Awaitable<Response> get_user_mfa_info(Exchange& x) {
    const Result<void> admitted = co_await admit(x);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<std::string> user = co_await subject(x);
    if (!user) co_return refuse(x, user.error());
    const Result<MfaState> state = co_await x.services.settings.read(x.call, *user);
    if (!state) co_return refuse(x, state.error());
    platform::JsonText body;
    body.begin_object().key("data").begin_object();
    body.member("passkey_enabled", state->required().contains(FactorType::passkey));
    body.member("totp_enabled", state->required().contains(FactorType::totp));
    body.end_object().end_object();
    co_return Response(200, json_type, std::move(body).str());
}

// ---- answers ------------------------------------------------------------------------------------

constexpr Route route_table[] = {
    {Method::patch, "/accounts/mfa-settings", patch_mfa_settings},
    {Method::get, "/accounts/user-mfa-info", get_user_mfa_info},
};

/// A role that is too low answers like a credential that is wrong: the vendor has no other status
/// for it.
Refused refusal(Code code) {
    switch (code) {
    case Code::no_credential:
    case Code::bad_credential:
    case Code::forbidden:
    case Code::no_such_tenant:
    case Code::no_such_user: return {401, {}, "Unauthorized"};
    case Code::no_such_path: return {404, {}, "404 page not found"};
    case Code::wrong_method: return {405, {}, "Method not allowed"};
    case Code::too_large: return {413, {}, "The request is too large."};
    case Code::wrong_media: return {400, {}, "The body must be application/json."};
    case Code::malformed: return {400, {}, "The body must be a JSON object."};
    case Code::restricted: return {400, {}, "Changes of MFA are restricted for this user."};
    case Code::factor_not_allowed: return {400, {}, "The factor is not allowed."};
    case Code::proof_too_old: return {400, {}, "Verify your second factor first."};
    case Code::not_enrolled:
    case Code::factors_disabled:
    case Code::wrong_code:
    case Code::already_used:
    case Code::expired: return {401, {}, "Unauthorized"};
    case Code::external_factor:
    case Code::nothing_enabled:
    case Code::unchanged:
    case Code::not_configured: return {400, {}, "The call is not possible."};
    case Code::key_reused: return {400, {}, "The Idempotency-Key was used for another request."};
    case Code::wrong_type:
    case Code::missing:
    case Code::invalid: return {400, {}, "The request is not valid."};
    case Code::wrong_login:
    case Code::too_many_logins:
    case Code::too_many: return {429, {}, "Too many requests."};
    case Code::unavailable: return {503, {}, "The service is not available."};
    case Code::internal: break;
    }
    return {500, {}, "Internal error"};
}

class Quiva : public Dialect {
public:
    domain::DialectName name() const override { return domain::DialectName::quiva; }
    std::span<const Route> routes() const override { return route_table; }
    Refused refused(Code code) const override { return refusal(code); }

    Response refuse(const Request& request, const Call& call, const Refusal& why) const override {
        const Refused refused = refusal(why.code);
        if (why.code == Code::no_such_path)
            return {404, "text/plain; charset=utf-8", std::string(refused.text)};
        std::string text(refused.text);
        if (!why.field.empty()) text = why.field + " " + why.why + ".";
        if (why.code == Code::internal) text += ", request " + std::string(request.request_id);
        platform::JsonText body;
        body.begin_object().member("error", text).end_object();
        Response response(refused.status, json_type, std::move(body).str());
        add_allow(response, why);
        add_rate_fields(response, call);
        return std::move(add_retry_after(response, why));
    }
};

} // namespace

const Dialect& quiva() {
    static const Quiva dialect;
    return dialect;
}

} // namespace mfad::dialects
