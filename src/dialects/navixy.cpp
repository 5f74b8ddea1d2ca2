// Navixy, Admin Panel API (docs/dialects.md, "Navixy").
#include "navixy_calls.hpp"

#include "mfad/domain/identity.hpp"
#include "mfad/platform/json_text.hpp"
#include "mfad/service/field_reader.hpp"
#include "mfad/service/tenant_document.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <unordered_set>

namespace mfad::dialects {
namespace {

namespace json = boost::json;
using namespace navixy_calls;
using domain::DefaultSetting;
using domain::FactorSet;
using domain::FactorType;
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
using Parameters = NavixyParameters;

constexpr FactorSet nameable = FactorType::email; ///< the types that the dialect has a name for

// ---- parameters ---------------------------------------------------------------------------------

struct Target {
    bool all = false;
    std::vector<std::string> users; ///< each once
};

void read_ids(FieldReader& in, const json::array& ids, std::size_t max_ids, Target& target) {
    if (ids.empty() || ids.size() > max_ids)
        return in.invalid("ids", "must have 1 to " + std::to_string(max_ids) + " ids");
    std::unordered_set<std::int64_t> seen;
    for (const json::value& id : ids) {
        if (!id.is_int64() || id.get_int64() <= 0)
            return in.invalid("ids", "must be positive whole numbers");
        if (seen.insert(id.get_int64()).second)
            target.users.push_back(std::to_string(id.get_int64()));
    }
}

Result<Target> read_target(const Parameters& parameters, std::size_t max_ids) {
    const Result<json::object> object = parameters.object("target");
    if (!object) return object.error();
    FieldReader in(*object, "target");
    Target target;
    const std::string_view type = in.text("type");
    if (type == "all") {
        target.all = true;
    } else if (type == "selected") {
        const json::array* ids = in.maybe_array("ids");
        if (!in.has("ids")) in.missing("ids");
        if (ids != nullptr) read_ids(in, *ids, max_ids, target);
    } else if (!in.failed()) {
        in.invalid("type", "Should be one of [all, selected]");
    }
    if (in.failed()) return *in.failed();
    return target;
}

/// Whether factors are allowed; `disallowed` may come with the empty list that the vendor's own
/// panel sends.
Result<bool> read_settings(const Parameters& parameters) {
    const Result<json::object> object = parameters.object("settings");
    if (!object) return object.error();
    FieldReader in(*object, "settings");
    const std::string_view type = in.text("type");
    const json::array* factors = in.maybe_array("factor_types");
    const bool allowed = type == "allowed";
    if (!in.failed() && !allowed && type != "disallowed")
        in.invalid("type", "Should be one of [allowed, disallowed]");
    if (allowed && !in.has("factor_types")) in.missing("factor_types");
    if (allowed && factors != nullptr &&
        (factors->empty() || !std::ranges::all_of(*factors, [](const json::value& name) {
             return name.is_string() && name.get_string() == "email";
         })))
        in.invalid("factor_types", "Should be a list of [email]");
    if (!allowed && factors != nullptr && !factors->empty())
        in.invalid("factor_types", "must be empty with disallowed");
    if (in.failed()) return *in.failed();
    return allowed;
}

/// `allowed` replaces what can be named and leaves the rest; allowing enables. `disallowed` empties
/// it.
SettingsChange change_of(bool allowed, const domain::Tenant& tenant) {
    SettingsChange change;
    change.by_server = true;
    if (!allowed) {
        change.allowed_mask = FactorSet::all();
        return change;
    }
    change.allowed_mask = nameable;
    change.allowed_value = FactorType::email;
    change.enable = FactorType::email;
    change.must_be_allowed = FactorType::email;
    if (tenant.verified_addresses_only) change.link = SettingsChange::Link::if_unenrolled;
    return change;
}

// ---- panel/user/mfa/settings --------------------------------------------------------------------

Awaitable<Result<void>> apply(Exchange& x, const Target& target, bool allowed) {
    if (target.all) co_return co_await x.services.settings.set_all(x.call, allowed);
    const SettingsChange change = change_of(allowed, *x.call.tenant);
    if (target.users.size() > 1)
        co_return co_await x.services.settings.change_many(x.call, target.users, change);
    // A write to one user counts as one, whoever asks.
    const std::string& user = target.users.front();
    const auto changed = co_await x.services.settings.change(x.call, user, change);
    if (changed) co_return Result<void>{};
    Refusal why = changed.error();
    if (why.code == Code::no_such_user) why.field = user;
    co_return why;
}

Awaitable<Response> update(Exchange& x) {
    const Result<Session> session =
        co_await open_session(x, Permission::users_update, Effect::writes);
    if (!session) co_return co_await refuse_content(x, session.error());
    const Result<Target> target = read_target(session->parameters, x.call.tenant->navixy_max_ids);
    if (!target) co_return co_await refuse_content(x, target.error());
    const Result<bool> allowed = read_settings(session->parameters);
    if (!allowed) co_return co_await refuse_content(x, allowed.error());
    const Result<void> outcome = co_await apply(x, *target, *allowed);
    if (!outcome) co_return refuse(x, outcome.error());
    Response response = success();
    co_return std::move(add_rate_fields(response, x.call));
}

Awaitable<Response> read_default(Exchange& x) {
    const Result<Session> session = co_await open_session(x, Permission::users_read);
    if (!session) co_return refuse(x, session.error());
    const auto rules = co_await x.services.settings.tenant_rules(x.call);
    if (!rules) co_return refuse(x, rules.error());
    platform::JsonText body;
    body.begin_object().member("success", true);
    if (rules->default_setting != DefaultSetting::none)
        body.key("value").raw(service::default_setting_json(rules->default_setting));
    Response response(200, json_type, std::move(body.end_object()).str());
    co_return std::move(add_rate_fields(response, x.call));
}

Awaitable<Response> update_default(Exchange& x) {
    const Result<Session> session =
        co_await open_session(x, Permission::users_update, Effect::writes);
    if (!session) co_return co_await refuse_content(x, session.error());
    const Result<bool> allowed = read_settings(session->parameters);
    if (!allowed) co_return co_await refuse_content(x, allowed.error());
    store::TenantChange change;
    change.default_setting = *allowed ? DefaultSetting::allowed_email : DefaultSetting::disallowed;
    if (*allowed) change.must_be_in_policy = FactorType::email;
    const auto outcome = co_await x.services.settings.change_tenant(x.call, change);
    if (!outcome) co_return refuse(x, outcome.error());
    Response response = success();
    co_return std::move(add_rate_fields(response, x.call));
}

// ---- panel/account ------------------------------------------------------------------------------

Awaitable<Response> auth(Exchange& x) {
    const Result<Parameters> parameters = Parameters::read(x.request);
    if (!parameters) co_return refuse(x, parameters.error());
    const auto login = parameters->text("login");
    if (!login) co_return refuse(x, login.error());
    const auto password = parameters->text("password");
    if (!password) co_return refuse(x, password.error());
    for (const auto& [name, value] :
         {std::pair{"login", &*login}, std::pair{"password", &*password}})
        if (!*value) co_return refuse(x, domain::refuse(Code::missing, name, "is required"));
    // What cannot be a login is an unknown one.
    if (!domain::is_valid_id(**login) || (*password)->size() > 512)
        co_return refuse(x, domain::refuse(Code::wrong_login));
    const auto session = co_await x.services.panel.sign_in(**login, **password);
    if (!session) co_return refuse(x, session.error());
    platform::JsonText body;
    body.begin_object().member("success", true).member("hash", session->hash);
    body.key("permissions").raw(session->permissions_json).end_object();
    co_return Response(200, json_type, std::move(body).str());
}

Awaitable<Response> get_permissions(Exchange& x) {
    const Result<Session> session = co_await open_session(x, std::nullopt);
    if (!session) co_return refuse(x, session.error());
    const std::string permissions = co_await x.services.panel.permissions(session->hash);
    platform::JsonText body;
    body.begin_object().member("success", true);
    body.key("permissions").raw(permissions).end_object();
    Response response(200, json_type, std::move(body).str());
    co_return std::move(add_rate_fields(response, x.call));
}

Awaitable<Response> logout(Exchange& x) {
    const Result<Session> session = co_await open_session(x, std::nullopt, Effect::ends_session);
    if (!session) co_return refuse(x, session.error());
    const bool ended = co_await x.services.panel.sign_out(session->hash);
    if (!ended) co_return refuse(x, domain::refuse(Code::bad_credential));
    Response response = success();
    co_return std::move(add_rate_fields(response, x.call));
}

// ---- answers ------------------------------------------------------------------------------------

constexpr http::Methods either = Method::get | Method::post;

constexpr Route route_table[] = {
    {either, "/panel/user/mfa/settings/update", update, true},
    {either, "/panel/user/mfa/settings/default/read", read_default, true},
    {either, "/panel/user/mfa/settings/default/update", update_default, true},
    {either, "/panel/account/auth", auth, true},
    {either, "/panel/account/get_permissions", get_permissions, true},
    {either, "/panel/account/logout", logout, true},
    {either, "/user/auth/code/verify", verify_code, true},
    {either, "/user/auth/code/resend", resend_code, true},
    {either, "/v2/panel/user/mfa/settings/update", update, true},
    {either, "/v2/panel/user/mfa/settings/default/read", read_default, true},
    {either, "/v2/panel/user/mfa/settings/default/update", update_default, true},
    {either, "/v2/panel/account/auth", auth, true},
    {either, "/v2/panel/account/get_permissions", get_permissions, true},
    {either, "/v2/panel/account/logout", logout, true},
    {either, "/v2/user/auth/code/verify", verify_code, true},
    {either, "/v2/user/auth/code/resend", resend_code, true},
};

Refused refusal(Code code) {
    switch (code) {
    case Code::no_credential: return {400, "3", "Wrong hash"};
    case Code::bad_credential: return {400, "4", "User or API key not found or session ended"};
    case Code::malformed:
    case Code::wrong_media: return {400, "5", "Wrong request format"};
    case Code::wrong_type:
    case Code::missing:
    case Code::invalid:
    case Code::factor_not_allowed:
    case Code::key_reused: return {400, "7", "Invalid parameters"};
    case Code::too_large: return {412, "9", "Too large request"};
    case Code::forbidden: return {403, "13", "Operation not permitted"};
    case Code::unavailable: return {503, "14", "Database unavailable"};
    case Code::too_many: return {429, "15", "Too many requests (rate limit exceeded)"};
    case Code::wrong_login: return {400, "102", "Wrong login or password"};
    case Code::too_many_logins:
        return {400, "105", "Login attempts limit exceeded, try again later"};
    case Code::no_such_path: return {400, "111", "Wrong handler"};
    case Code::wrong_method: return {400, "112", "Wrong method"};
    case Code::no_such_tenant:
    case Code::no_such_user: return {400, "201", "Not found in database"};
    case Code::restricted:
    case Code::nothing_enabled:
    case Code::external_factor:
    case Code::unchanged:
    case Code::wrong_code:
    case Code::already_used: return {400, "282", "Wrong authentication code"};
    case Code::not_enrolled:
    case Code::factors_disabled:
    case Code::expired: return {403, "276", "Action is forbidden for received session type"};
    case Code::proof_too_old:
    case Code::not_configured: return {403, "13", "Operation not permitted"};
    case Code::internal: break;
    }
    return {500, "6", "Unexpected error"};
}

/// The vendor's panel prints `errors[]` with every code 7: what has no parameter's name yet gets
/// one.
std::pair<std::string_view, std::string_view> fault(const Refusal& why) {
    if (why.code == Code::factor_not_allowed)
        return {"settings.factor_types", "is not allowed by the policy"};
    if (why.code == Code::key_reused) return {"Idempotency-Key", "was used for another request"};
    return {why.field, why.why};
}

class Navixy : public Dialect {
public:
    domain::DialectName name() const override { return domain::DialectName::navixy; }
    std::span<const Route> routes() const override { return route_table; }
    Refused refused(Code code) const override { return refusal(code); }

    Response refuse(const Request& request, const Call& call, const Refusal& why) const override {
        const Refused refused = refusal(why.code);
        platform::JsonText body;
        body.begin_object().member("success", false).key("status").begin_object();
        body.key("code").raw(refused.code).member("description", refused.text).end_object();
        if (refused.code == "7") {
            const auto [parameter, error] = fault(why);
            body.key("errors").begin_array().begin_object();
            body.member("parameter", parameter).member("error", error);
            body.end_object().end_array();
        }
        if (why.code == Code::internal) body.member("request_id", request.request_id);
        body.end_object();
        Response response(refused.status, json_type, std::move(body).str());
        add_allow(response, why);
        add_rate_fields(response, call);
        return std::move(add_retry_after(response, why));
    }
};

} // namespace

const Dialect& navixy() {
    static const Navixy dialect;
    return dialect;
}

} // namespace mfad::dialects
