// quiva.ai, accounts (docs/dialects.md, "quiva").
#include "quiva_calls.hpp"

#include "mfad/platform/json_text.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

namespace mfad::dialects {
namespace {

namespace json = boost::json;
using namespace quiva_calls;
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

// ---- PATCH /accounts/mfa-settings ---------------------------------------------------------------

/// Members that are not sent stay as they are; others beside them are ignored.
Result<SettingsChange> read_mfa_settings(const Request& request) {
    const Result<json::object> body = body_object(request, false);
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
    co_return success(x);
}

// ---- GET /accounts/user-mfa-info ----------------------------------------------------------------

Awaitable<Response> get_user_mfa_info(Exchange& x) {
    const Result<void> admitted = co_await admit(x);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<std::string> user = co_await subject_of_query(x, Permission::users_read);
    if (!user) co_return refuse(x, user.error());
    const Result<MfaState> state = co_await x.services.settings.read(x.call, *user);
    if (!state) co_return refuse(x, state.error());
    platform::JsonText body;
    body.begin_object().key("data").begin_object();
    body.member("passkey_enabled", state->required().contains(FactorType::passkey));
    body.member("totp_enabled", state->required().contains(FactorType::totp));
    body.end_object();
    co_return answer(x, std::move(body));
}

// ---- answers ------------------------------------------------------------------------------------

constexpr Route route_table[] = {
    {Method::patch, "/accounts/mfa-settings", patch_mfa_settings},
    {Method::get, "/accounts/user-mfa-info", get_user_mfa_info},
    {Method::post, "/accounts/generate-totp-key", generate_totp_key},
    {Method::post, "/accounts/confirm-totp-registration", confirm_totp_registration},
    {Method::delete_, "/accounts/totp", remove_totp},
    {Method::post, "/accounts/begin-passkey-registration", begin_passkey_registration},
    {Method::post, "/accounts/complete-passkey-registration", complete_passkey_registration},
    {Method::delete_, "/accounts/passkey", remove_passkey},
    {Method::delete_, "/accounts/all-passkeys", remove_all_passkeys},
    {Method::post, "/accounts/recovery-codes", issue_recovery_codes},
    {Method::get, "/accounts/recovery-codes", view_recovery_codes},
    {Method::post, "/accounts/auth-with-totp", auth_with_totp},
    {Method::post, "/accounts/auth-with-recovery-code", auth_with_recovery_code},
    {Method::post, "/accounts/begin-auth-with-passkey", begin_auth_with_passkey},
    {Method::post, "/accounts/complete-auth-with-passkey", complete_auth_with_passkey},
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
