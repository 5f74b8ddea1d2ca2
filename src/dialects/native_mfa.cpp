// The native API on a user's MFA, and on enrollments (docs/dialects.md, "Native").
#include "native_calls.hpp"

#include "mfad/platform/concat.hpp"
#include "mfad/service/enrollment.hpp"
#include "mfad/service/factors.hpp"
#include "mfad/service/field_reader.hpp"
#include "mfad/service/tenant_document.hpp"
#include "mfad/service/users.hpp"

#include <boost/json.hpp>

namespace mfad::dialects::native_calls {
namespace {

namespace json = boost::json;
using domain::FactorSet;
using domain::FactorType;
using domain::MfaState;
using domain::Permission;
using domain::Refusal;
using domain::Result;
using domain::SettingsChange;
using http::Response;
using service::append_factors;
using service::FieldReader;
using store::LinkMail;
using store::LinkState;
using Code = Refusal::Code;

/// A set of factors, each of which has to be allowed.
std::optional<FactorSet> read_factors(FieldReader& in, std::string_view name) {
    const json::array* names = in.maybe_array(name);
    if (names == nullptr) return std::nullopt;
    const auto factors = service::read_factors(*names, in.path(name));
    if (factors) return *factors;
    in.adopt(factors.error());
    return std::nullopt;
}

// ---- GET and PATCH /v1/users/{id}/mfa -----------------------------------------------------------

void append_factor(platform::JsonText& body, const service::FactorView& factor) {
    body.begin_object().member("id", factor.id).member("type", to_string(factor.type));
    append_text(body, "label", factor.label);
    append_time(body, "created_at", factor.created);
    append_time(body, "last_used_at", factor.last_used);
    if (factor.codes_left) body.member("codes_left", *factor.codes_left);
    body.member("failures", factor.failures).member("disabled", factor.disabled);
    body.end_object();
}

/// Sets come whole: what they do not name is taken away.
void read_sets(FieldReader& in, SettingsChange& change) {
    if (in.is_null("allowed")) {
        change.allowed_mask = FactorSet::all(); // whatever the policy has, now and later
        change.allowed_value = FactorSet::all();
    } else if (const auto allowed = read_factors(in, "allowed")) {
        change.allowed_mask = FactorSet::all();
        change.allowed_value = *allowed;
        change.must_be_allowed = *allowed;
    }
    if (const auto enabled = read_factors(in, "enabled")) {
        change.enable = *enabled;
        change.disable = FactorSet::all() - *enabled;
        change.must_be_allowed = change.must_be_allowed | *enabled;
    }
}

Result<SettingsChange> read_mfa(const http::Request& request) {
    static constexpr std::string_view known[] = {"allowed", "enabled", "change_restricted"};
    const Result<json::object> body = body_object(request);
    if (!body) return body.error();
    FieldReader in(*body, {});
    in.refuse_others(known);
    SettingsChange change;
    read_sets(in, change);
    if (const auto restricted = in.maybe_flag("change_restricted"))
        change.change_restricted =
            *restricted ? SettingsChange::Restriction::set : SettingsChange::Restriction::clear;
    if (in.failed()) return *in.failed();
    change.by_server = true;
    return change;
}

// ---- POST /v1/users/{id}/enrollments ------------------------------------------------------------

Result<SettingsChange> read_enrollment(const http::Request& request) {
    static constexpr std::string_view known[] = {"factors", "notify"};
    Result<json::object> body = json::object();
    if (!request.body.empty()) body = body_object(request);
    if (!body) return body.error();
    FieldReader in(*body, {});
    in.refuse_others(known);
    const FactorSet factors = read_factors(in, "factors").value_or(FactorSet());
    if (in.has("factors") && factors.empty()) in.invalid("factors", "must name a factor");
    if (factors.intersects(FactorSet(FactorType::duo) | FactorType::guardian))
        in.invalid("factors", "must name factors that are enrolled here");
    SettingsChange change;
    change.mails_link = in.maybe_flag("notify").value_or(true);
    if (in.failed()) return *in.failed();
    change.link = SettingsChange::Link::always;
    change.link_factors = factors;
    change.must_be_allowed = factors;
    change.must_allow_any = true;
    change.by_server = true;
    return change;
}

Response enrollment_answer(const Exchange& x, const service::Changed& changed) {
    const std::string id = x.services.enrollment.public_id(changed.link);
    platform::JsonText body;
    body.begin_object().member("id", id).member("href", changed.link);
    append_time(body, "expires_at", changed.link_ends);
    body.end_object();
    Response response(201, json_type, std::move(body).str());
    response.header("Location", platform::concat(x.services.public_url, "/v1/enrollments/", id));
    return response;
}

// ---- GET /v1/enrollments/{id} -------------------------------------------------------------------

std::string_view status_name(LinkState state) {
    switch (state) {
    case LinkState::open: return "open";
    case LinkState::used: return "used";
    case LinkState::superseded: return "superseded";
    case LinkState::expired: return "expired";
    case LinkState::exhausted: return "exhausted";
    case LinkState::restricted:
    case LinkState::no_address:
    case LinkState::not_allowed: return "blocked";
    case LinkState::unknown:
    case LinkState::over_budget:
    case LinkState::proof_needed:
    case LinkState::wrong_code: break;
    }
    throw store::Corrupt("a link in a state that none has");
}

std::string_view delivery_name(LinkMail mail) {
    switch (mail) {
    case LinkMail::none: return "none";
    case LinkMail::owed: return "pending";
    case LinkMail::sent: return "sent";
    case LinkMail::dead: return "dead";
    case LinkMail::dropped: return "dropped";
    }
    throw store::Corrupt("a link with mail in a state that none has");
}

} // namespace

Answer mfa_answer(Exchange& x, const std::string& user, const MfaState& state) {
    const domain::UserRef ref{x.call.tenant->id, user};
    std::vector<service::FactorView> factors =
        co_await x.services.factors.list(ref, state.enrolled);
    const auto view = co_await x.services.users.find(x.call, user);
    for (service::FactorView& factor : factors)
        if (factor.type == FactorType::email && view && view->email)
            factor.label = view->email->masked();
    platform::JsonText body;
    body.begin_object();
    append_factors(body, "allowed", state.allowed);
    append_factors(body, "enabled", state.enabled);
    body.member("change_restricted", state.change_restricted);
    append_factors(body, "required", state.required());
    body.member("active", state.active());
    append_time(body, "last_auth_time", state.last_auth_time);
    body.member("version", state.version);
    body.key("factors").begin_array();
    for (const service::FactorView& factor : factors)
        append_factor(body, factor);
    body.end_array().end_object();
    co_return Response(200, json_type, std::move(body).str());
}

Answer get_mfa(Exchange& x) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit(x, Permission::users_read);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<MfaState> state = co_await x.services.settings.read(x.call, user);
    if (!state) co_return refuse(x, state.error());
    co_return co_await mfa_answer(x, user, *state);
}

Answer patch_mfa(Exchange& x) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit_write(x, user, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    Result<SettingsChange> change = read_mfa(x.request);
    if (!change) co_return co_await refuse_content(x, change.error());
    // Where addresses count only when verified, switching email on asks for that first.
    if (x.call.tenant->verified_addresses_only && change->enable.contains(FactorType::email))
        change->link = SettingsChange::Link::if_unenrolled;
    const auto changed = co_await x.services.settings.change(x.call, user, *change);
    if (!changed) co_return refuse(x, changed.error());
    Response response = co_await mfa_answer(x, user, changed->after);
    co_return std::move(add_rate_fields(response, x.call));
}

Answer post_enrollment(Exchange& x) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit(x, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<void> key = take_key(x, user);
    if (!key) co_return refuse(x, key.error());
    if (x.call.key) x.call.key->holds_secret = true; // the link
    const Result<void> quota = co_await take_quota(x);
    if (!quota) co_return refuse(x, quota.error());
    const Result<SettingsChange> change = read_enrollment(x.request);
    if (!change) co_return co_await refuse_content(x, change.error());
    const auto changed = co_await x.services.settings.change(x.call, user, *change);
    if (!changed) co_return refuse(x, changed.error());
    Response response = enrollment_answer(x, *changed);
    co_return std::move(add_rate_fields(response, x.call));
}

Answer get_enrollment(Exchange& x) {
    const std::string id(x.parameter(0));
    const Result<void> admitted = co_await admit(x, Permission::users_read);
    if (!admitted) co_return refuse(x, admitted.error());
    const auto link = co_await x.services.enrollment.status(x.call.tenant->id, id);
    if (!link) co_return refuse(x, domain::refuse(Code::no_such_path));
    platform::JsonText body;
    body.begin_object().member("id", id).member("user", link->user.user);
    body.member("status", status_name(link->state));
    body.member("kind", link->kind == store::LinkKind::verify ? "verify" : "enroll");
    append_factors(body, "factors", link->factors);
    append_time(body, "expires_at", link->ends);
    body.member("delivery", delivery_name(link->mail)).end_object();
    co_return Response(200, json_type, std::move(body).str());
}

} // namespace mfad::dialects::native_calls
