// Xsolla Login, server-side MFA (docs/dialects.md, "Xsolla").
#include "xsolla_calls.hpp"

#include "mfad/domain/identity.hpp"
#include "mfad/http/media_type.hpp"
#include "mfad/platform/json_text.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace mfad::dialects {
namespace {

namespace json = boost::json;
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
using xsolla_calls::body_object;
using xsolla_calls::json_type;
using Code = Refusal::Code;

constexpr std::size_t max_url = 2048;

// ---- who asks -----------------------------------------------------------------------------------

/// `X-SERVER-AUTHORIZATION: <token>`; some of the vendor's own tools put `Bearer ` before it.
Result<std::string_view> credential(const Request& request) {
    constexpr std::string_view name = "X-SERVER-AUTHORIZATION";
    if (request.count(name) == 0) return domain::refuse(Code::no_credential);
    const auto value = single_header(request, name);
    if (!value) return domain::refuse(Code::bad_credential);
    return after_scheme(*value, "Bearer").value_or(*value);
}

/// Who may change the tenant may read him, too.
bool may(const domain::Caller& caller, Permission permission) {
    return caller.permissions.has(permission) ||
           (permission == Permission::tenant_read &&
            caller.permissions.has(Permission::tenant_update));
}

/// Admits a call on a project: the project is the first parameter of the path.
Awaitable<Result<void>> admit(Exchange& x, Permission permission) {
    const std::string project(x.parameter(0));
    const Result<std::string_view> token = credential(x.request);
    if (!token) co_return token.error();
    const service::Accepts accepts{true,    false,           false, domain::DialectName::xsolla,
                                   project, x.request.client};
    service::Authenticator& authenticator = x.services.authenticator;
    std::optional<Result<Call>> known = authenticator.known(*token, accepts);
    if (!known) known = co_await authenticator.authenticate(*token, accepts);
    Result<Call>& call = *known;
    if (!call) co_return call.error();
    if (call->tenant->id != project) {
        const auto tenant = co_await x.services.tenants.find_tenant(project);
        if (!tenant) co_return domain::refuse(Code::no_such_tenant);
        co_return domain::refuse(Code::forbidden);
    }
    if (!may(call->caller, permission)) co_return domain::refuse(Code::forbidden);
    x.call = std::move(*call);
    co_return Result<void>{};
}

/// Admits a write: its key, and the project's quota.
Awaitable<Result<void>> admit_write(Exchange& x, std::string_view user, Permission permission) {
    const Result<void> admitted = co_await admit(x, permission);
    if (!admitted) co_return admitted;
    if (!user.empty() && !domain::is_valid_id(user)) co_return domain::refuse(Code::no_such_path);
    const Result<void> key = take_key(x, user);
    if (!key) co_return key;
    co_return co_await take_quota(x);
}

// ---- POST and GET /projects/{project_id}/users/{user_id}/mfa ------------------------------------

/// A full replacement: what is not sent is false.
Result<SettingsChange> read_user_mfa(const Request& request) {
    const Result<json::object> body = body_object(request);
    if (!body) return body.error();
    FieldReader in(*body, {});
    const std::string_view type = in.text("mfa_type");
    const bool enabled = in.maybe_flag("enabled").value_or(false);
    const bool restricted = in.maybe_flag("change_restricted").value_or(false);
    if (!in.failed() && type != "email") in.invalid("mfa_type", "must be email");
    if (in.failed()) return *in.failed();

    SettingsChange change;
    (enabled ? change.enable : change.disable) = FactorType::email;
    change.change_restricted =
        restricted ? SettingsChange::Restriction::set : SettingsChange::Restriction::clear;
    change.must_be_allowed = FactorType::email;
    change.if_different = true;
    change.by_server = true;
    return change;
}

Awaitable<Response> post_user_mfa(Exchange& x) {
    const std::string user(x.parameter(1));
    const Result<void> admitted = co_await admit_write(x, user, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    Result<SettingsChange> change = read_user_mfa(x.request);
    if (!change) {
        const bool exists = co_await x.services.settings.user_exists(x.call, user);
        if (!exists) change = domain::refuse(Code::no_such_user);
        co_return co_await refuse_content(x, change.error());
    }
    // Where addresses count only when verified, switching email on asks for that first.
    if (x.call.tenant->verified_addresses_only) change->link = SettingsChange::Link::if_unenrolled;
    const auto changed = co_await x.services.settings.change(x.call, user, *change);
    if (!changed) co_return refuse(x, changed.error());
    Response response(204);
    co_return std::move(add_rate_fields(response, x.call));
}

Awaitable<Response> get_user_mfa(Exchange& x) {
    const std::string user(x.parameter(1));
    const Result<void> admitted = co_await admit(x, Permission::users_read);
    if (!admitted) co_return refuse(x, admitted.error());
    if (!domain::is_valid_id(user)) co_return refuse(x, domain::refuse(Code::no_such_path));
    const Result<MfaState> state = co_await x.services.settings.read(x.call, user);
    if (!state) co_return refuse(x, state.error());
    platform::JsonText body;
    body.begin_object().member("change_restricted", state->change_restricted);
    body.member("enabled", state->required().contains(FactorType::email));
    body.member("mfa_type", "email").end_object();
    co_return Response(200, json_type, std::move(body).str());
}

// ---- PUT and GET /projects/{project_id}/mfa -----------------------------------------------------

struct ProjectMfa {
    bool email = false;
    std::int64_t priority = 1;
    std::string url;
};

void read_mfa_type(FieldReader& in, ProjectMfa& mfa) {
    const std::string_view type = in.text("mfa_type");
    const auto priority = in.maybe_integer("priority", 1, 2);
    if (!in.has("priority")) in.missing("priority");
    if (in.failed()) return;
    if (type != "email") return in.invalid("mfa_type", "must be email");
    if (mfa.email) return in.invalid("mfa_type", "is named twice");
    mfa.email = true;
    mfa.priority = *priority;
}

bool is_web_url(std::string_view text) {
    const auto url = boost::urls::parse_uri(text);
    return url && (url->scheme() == "https" || url->scheme() == "http") && !url->host().empty();
}

Result<ProjectMfa> read_project_mfa(const Request& request) {
    const Result<json::object> body = body_object(request);
    if (!body) return body.error();
    FieldReader in(*body, {});
    ProjectMfa mfa;
    const json::array* types = in.maybe_array("mfa_types");
    if (!in.has("mfa_types")) in.missing("mfa_types");
    for (std::size_t i = 0; types != nullptr && i < types->size(); ++i) {
        const std::string path = "mfa_types[" + std::to_string(i) + "]";
        const json::object* item = (*types)[i].if_object();
        if (item == nullptr) return domain::refuse(Code::wrong_type, path, "must be an object");
        FieldReader part(*item, path);
        read_mfa_type(part, mfa);
        in.adopt(part.failed());
    }
    mfa.url = in.maybe_text("mfa_url").value_or("");
    if (!mfa.url.empty() && (mfa.url.size() > max_url || !is_web_url(mfa.url)))
        in.invalid("mfa_url", "must be an absolute http or https URL");
    if (in.failed()) return *in.failed();
    return mfa;
}

Awaitable<Response> put_project_mfa(Exchange& x) {
    const Result<void> admitted = co_await admit_write(x, no_user, Permission::tenant_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<ProjectMfa> mfa = read_project_mfa(x.request);
    if (!mfa) co_return co_await refuse_content(x, mfa.error());

    store::TenantChange change;
    change.policy_mask = FactorType::email;
    if (mfa->email) change.policy_value = FactorType::email;
    change.fields.emplace_back(store::TenantStore::xsolla_mfa_url, mfa->url);
    change.fields.emplace_back(store::TenantStore::xsolla_priority, std::to_string(mfa->priority));
    const auto outcome = co_await x.services.settings.change_tenant(x.call, change);
    if (!outcome) co_return refuse(x, outcome.error());
    Response response(204);
    co_return std::move(add_rate_fields(response, x.call));
}

Awaitable<Response> get_project_mfa(Exchange& x) {
    const Result<void> admitted = co_await admit(x, Permission::tenant_read);
    if (!admitted) co_return refuse(x, admitted.error());
    const auto project = co_await x.services.settings.project(x.call);
    if (!project) co_return refuse(x, project.error());
    platform::JsonText body;
    body.begin_object().key("mfa_types").begin_array();
    if (project->rules.policy.contains(FactorType::email)) {
        body.begin_object().member("mfa_type", "email");
        body.member("priority", project->priority == "2" ? 2 : 1).end_object();
    }
    body.end_array();
    if (!project->mfa_url.empty()) body.member("mfa_url", project->mfa_url);
    body.end_object();
    co_return Response(200, json_type, std::move(body).str());
}

// ---- answers ------------------------------------------------------------------------------------

constexpr Route route_table[] = {
    {Method::post, "/projects/{project_id}/users/{user_id}/mfa", post_user_mfa},
    {Method::get, "/projects/{project_id}/users/{user_id}/mfa", get_user_mfa},
    {Method::put, "/projects/{project_id}/mfa", put_project_mfa},
    {Method::get, "/projects/{project_id}/mfa", get_project_mfa},
    {Method::post, "/api/projects/{project_id}/users/{user_id}/mfa", post_user_mfa},
    {Method::get, "/api/projects/{project_id}/users/{user_id}/mfa", get_user_mfa},
    {Method::put, "/api/projects/{project_id}/mfa", put_project_mfa},
    {Method::get, "/api/projects/{project_id}/mfa", get_project_mfa},
    {Method::post, "/users/me/mfa", xsolla_calls::post_own_mfa},
    {Method::post, "/api/users/me/mfa", xsolla_calls::post_own_mfa},
    {Method::get, "/otp/validate", xsolla_calls::validate_code},
    {Method::options, "/otp/validate", xsolla_calls::preflight_validate},
    {Method::put, "/otp/resend", xsolla_calls::resend_code},
    {Method::options, "/otp/resend", xsolla_calls::preflight_resend},
    {Method::get, "/api/otp/validate", xsolla_calls::validate_code},
    {Method::options, "/api/otp/validate", xsolla_calls::preflight_validate},
    {Method::put, "/api/otp/resend", xsolla_calls::resend_code},
    {Method::options, "/api/otp/resend", xsolla_calls::preflight_resend},
};

/// Codes are digits and dashes alone: one of the vendor's own clients reads them as numbers.
Refused refusal(Code code) {
    switch (code) {
    case Code::no_credential: return {401, "003-040", "Unauthorized user."};
    case Code::bad_credential: return {401, "002-016", "Invalid token."};
    case Code::forbidden: return {403, "1901-0001", "Invalid token."};
    case Code::no_such_tenant: return {404, "003-019", "Project not found."};
    case Code::no_such_user: return {404, "003-002", "User not found."};
    case Code::no_such_path: return {404, "003-061", "Object not found."};
    case Code::wrong_method: return {405, "0", "Method is not allowed."};
    case Code::too_large: return {413, "0", "Request is too large."};
    case Code::malformed:
    case Code::wrong_type:
    case Code::wrong_media: return {400, "0", "Request has invalid parameters."};
    case Code::missing: return {400, "002-028", "Parameter was not passed."};
    case Code::invalid: return {400, "002-027", "Parameter is invalid."};
    case Code::restricted:
    case Code::factor_not_allowed:
    case Code::nothing_enabled:
    case Code::external_factor:
    case Code::proof_too_old: return {422, "003-020", "Call unavailable for this Login project."};
    case Code::not_enrolled: return {422, "003-020", "Call unavailable for this Login project."};
    case Code::wrong_code:
    case Code::already_used:
    case Code::expired: return {422, "003-039", "Invalid authorization code."};
    case Code::factors_disabled: return {422, "003-049", "Exceeded authorization code attempts."};
    case Code::not_configured: return {422, "003-022", "This Login project misconfigured."};
    case Code::unchanged:
        return {422, "002-050", "User's two-factor authentication settings not changed."};
    case Code::key_reused: return {422, "0", "Idempotency-Key was used for another request."};
    case Code::wrong_login:
    case Code::too_many_logins:
    case Code::too_many: return {429, "002-057", "Too many requests."};
    case Code::unavailable: return {503, "004-001", "Something went wrong."};
    case Code::internal: break;
    }
    return {500, "004-001", "Something went wrong."};
}

class Xsolla : public Dialect {
public:
    domain::DialectName name() const override { return domain::DialectName::xsolla; }
    std::span<const Route> routes() const override { return route_table; }
    Refused refused(Code code) const override { return refusal(code); }

    Response refuse(const Request& request, const Call& call, const Refusal& why) const override {
        // With the last try the vendor's code changes: another guess is of no use.
        const bool used_up = why.attempts_left && *why.attempts_left == 0;
        const Refused refused = refusal(used_up ? Code::factors_disabled : why.code);
        platform::JsonText body;
        body.begin_object().key("error").begin_object();
        body.member("code", refused.code).member("description", refused.text);
        body.key("details").begin_object();
        if (!why.field.empty()) body.member("field", why.field).member("reason", why.why);
        if (why.code == Code::internal) body.member("request_id", request.request_id);
        body.end_object().end_object().end_object();
        Response response(refused.status, json_type, std::move(body).str());
        add_allow(response, why);
        add_rate_fields(response, call);
        if (xsolla_calls::is_of_widget(request.path))
            xsolla_calls::share_with_widget(request, call, response);
        return std::move(add_retry_after(response, why));
    }
};

} // namespace

Result<json::object> xsolla_calls::body_object(const Request& request) {
    const auto type = request.header("Content-Type");
    if (type && !http::names_media_type(*type, "application/json"))
        return domain::refuse(Code::wrong_media);
    return service::parse_json_object(request.body);
}

const Dialect& xsolla() {
    static const Xsolla dialect;
    return dialect;
}

} // namespace mfad::dialects
