// The native API on second factors at sign-in (docs/dialects.md, "Native").
#include "native_calls.hpp"

#include "mfad/http/problem.hpp"
#include "mfad/platform/concat.hpp"
#include "mfad/service/challenges.hpp"
#include "mfad/service/field_reader.hpp"
#include "mfad/service/tenant_document.hpp"

#include <boost/json.hpp>

namespace mfad::dialects::native_calls {
namespace {

namespace json = boost::json;
using domain::FactorSet;
using domain::FactorType;
using domain::Permission;
using domain::Refusal;
using domain::Result;
using domain::SettingsChange;
using http::Response;
using runtime::Awaitable;
using service::ChallengeWish;
using service::FieldReader;
using Code = Refusal::Code;
using Outcome = store::ChallengeOpened::Outcome;

constexpr FactorSet offered = FactorSet(FactorType::email) | FactorType::totp |
                              FactorType::passkey | FactorType::recovery_code;
constexpr std::size_t max_note = 128; // of an address or a device, which are not used yet

// ---- POST /v1/users/{id}/challenges -------------------------------------------------------------

Result<ChallengeWish> read_wish(const http::Request& request) {
    static constexpr std::string_view known[] = {"factors", "acr", "ip", "device"};
    Result<json::object> body = json::object();
    if (!request.body.empty()) body = body_object(request);
    if (!body) return body.error();
    FieldReader in(*body, {});
    in.refuse_others(known);
    ChallengeWish wish;
    if (const json::array* names = in.maybe_array("factors")) {
        const auto factors = service::read_factors(*names, in.path("factors"));
        if (!factors)
            in.adopt(factors.error());
        else if (factors->empty() || !offered.contains(*factors))
            in.invalid("factors", "must name factors that sign-in can ask for");
        else
            wish.factors = *factors;
    }
    if (const auto level = in.maybe_text("acr")) {
        wish.strong = *level == "aal2";
        if (*level != "aal1" && *level != "aal2") in.invalid("acr", "must be aal1 or aal2");
    }
    for (const std::string_view name : {"ip", "device"})
        if (in.maybe_text(name).value_or("").size() > max_note)
            in.invalid(name, "must have at most 128 bytes");
    if (in.failed()) return *in.failed();
    return wish;
}

Response opened_answer(const Exchange& x, const service::ChallengeAnswer& answer) {
    platform::JsonText body;
    body.begin_object().member("id", answer.id).member("token", answer.token);
    append_factors(body, "factors", answer.opened.factors);
    append_time(body, "expires_at", answer.opened.ends);
    if (!answer.passkey.empty())
        body.key("passkey").begin_object().key("publicKey").raw(answer.passkey).end_object();
    body.end_object();
    Response response(201, json_type, std::move(body).str());
    response.header(
        "Location", platform::concat(x.services.public_url, "/v1/challenges/", answer.id));
    return std::move(add_rate_fields(response, x.call));
}

/// Nothing can pass a challenge yet: the way to enroll goes with the answer, and to the user.
Awaitable<Response> enrollment_required(Exchange& x, const std::string& user) {
    SettingsChange change;
    change.link = SettingsChange::Link::always;
    change.by_server = true;
    change.must_allow_any = true;
    const auto changed = co_await x.services.settings.change(x.call, user, change);
    if (!changed) co_return refuse(x, changed.error());
    platform::JsonText body = http::begin_problem(
        409, http::reason_phrase(409), "A factor is required, and none is enrolled.",
        x.request.request_id);
    body.member("code", "enrollment-required");
    body.key("enrollment").begin_object().member("href", changed->link);
    append_time(body, "expires_at", changed->link_ends);
    body.end_object().end_object();
    Response response(409, http::problem_type, std::move(body).str());
    co_return std::move(add_rate_fields(response, x.call));
}

// ---- POST /v1/challenges/send, /verify ----------------------------------------------------------

struct Attempt {
    std::string token;
    FactorType factor = FactorType::email;
    std::string code;
    std::string credential; ///< of a passkey, as JSON
};

Result<std::string> read_token(const http::Request& request) {
    static constexpr std::string_view known[] = {"token"};
    const Result<json::object> body = body_object(request);
    if (!body) return body.error();
    FieldReader in(*body, {});
    in.refuse_others(known);
    const std::string_view token = in.text("token");
    if (in.failed()) return *in.failed();
    return std::string(token);
}

Result<Attempt> read_attempt(const http::Request& request) {
    static constexpr std::string_view known[] = {"token", "factor", "code", "credential"};
    const Result<json::object> body = body_object(request);
    if (!body) return body.error();
    FieldReader in(*body, {});
    in.refuse_others(known);
    Attempt attempt;
    attempt.token = in.text("token");
    const auto factor = domain::factor_type(in.text("factor"));
    if (!factor || !offered.contains(*factor))
        in.invalid("factor", "must be one of [email, totp, passkey, recovery_code]");
    else
        attempt.factor = *factor;
    if (attempt.factor != FactorType::passkey)
        attempt.code = in.text("code");
    else if (const json::object* credential = in.maybe_object("credential"))
        attempt.credential = json::serialize(*credential);
    else
        in.missing("credential");
    if (in.has(attempt.factor == FactorType::passkey ? "code" : "credential"))
        in.invalid("factor", "takes a credential when it is passkey, else a code");
    if (in.failed()) return *in.failed();
    return attempt;
}

Awaitable<Result<service::Passed>> verify(Exchange& x, const Attempt& attempt) {
    const std::string& tenant = x.call.tenant->id;
    service::Challenges& challenges = x.services.challenges;
    if (attempt.factor != FactorType::passkey)
        co_return co_await challenges.verify(attempt.token, tenant, attempt.factor, attempt.code);
    const domain::RelyingParty party =
        service::relying_party_of(*x.call.tenant, x.services.public_url);
    co_return co_await challenges.verify_passkey(attempt.token, tenant, party, attempt.credential);
}

Response passed_answer(const service::Passed& passed) {
    platform::JsonText body;
    body.begin_object().member("access_token", passed.access_token);
    body.member("token_type", "Bearer").member("expires_in", passed.lifetime.count());
    body.key("amr").begin_array();
    for (const std::string& method : passed.methods)
        body.value(method);
    body.end_array().member("acr", passed.level);
    append_time(body, "auth_time", passed.at);
    return {200, json_type, std::move(body.end_object()).str()};
}

std::string_view status_name(const store::ChallengeRecord& record, unsigned tries) {
    if (record.passed) return "passed";
    if (platform::wall_now() >= record.ends) return "expired";
    return record.wrong_tries >= tries ? "exhausted" : "open";
}

} // namespace

Answer post_challenge(Exchange& x) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit(x, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<void> quota = co_await take_quota(x);
    if (!quota) co_return refuse(x, quota.error());
    const Result<ChallengeWish> wish = read_wish(x.request);
    if (!wish) co_return refuse(x, wish.error());
    const domain::UserRef ref{x.call.tenant->id, user};
    const domain::RelyingParty party =
        service::relying_party_of(*x.call.tenant, x.services.public_url);
    const service::ChallengeAnswer answer =
        co_await x.services.challenges.open(ref, *wish, party);
    switch (answer.opened.outcome) {
    case Outcome::opened: co_return opened_answer(x, answer);
    case Outcome::unbound: co_return co_await enrollment_required(x, user);
    case Outcome::nothing_asked: {
        Response response(200, json_type, R"({"required":false})");
        co_return std::move(add_rate_fields(response, x.call));
    }
    case Outcome::all_disabled: co_return refuse(x, domain::refuse(Code::factors_disabled));
    case Outcome::not_usable: co_return refuse(x, domain::refuse(Code::not_enrolled));
    case Outcome::no_such_tenant: co_return refuse(x, domain::refuse(Code::no_such_tenant));
    case Outcome::no_such_user: break;
    }
    co_return refuse(x, domain::refuse(Code::no_such_user));
}

Answer send_challenge_code(Exchange& x) {
    const Result<void> admitted = co_await admit(x, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<void> quota = co_await take_quota(x);
    if (!quota) co_return refuse(x, quota.error());
    const Result<std::string> token = read_token(x.request);
    if (!token) co_return refuse(x, token.error());
    const std::string& tenant = x.call.tenant->id;
    const auto sent = co_await x.services.challenges.send_code(*token, tenant);
    if (!sent) co_return refuse(x, sent.error());
    platform::JsonText body;
    body.begin_object();
    append_time(body, "expires_at", sent->ends);
    Response response(202, json_type, std::move(body.end_object()).str());
    co_return std::move(add_rate_fields(response, x.call));
}

Answer verify_challenge(Exchange& x) {
    const Result<void> admitted = co_await admit(x, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<void> quota = co_await take_quota(x);
    if (!quota) co_return refuse(x, quota.error());
    const Result<Attempt> attempt = read_attempt(x.request);
    if (!attempt) co_return refuse(x, attempt.error());
    const Result<service::Passed> passed = co_await verify(x, *attempt);
    if (!passed) co_return refuse(x, passed.error());
    Response response = passed_answer(*passed);
    co_return std::move(add_rate_fields(response, x.call));
}

Answer get_challenge(Exchange& x) {
    const std::string id(x.parameter(0));
    const Result<void> admitted = co_await admit(x, Permission::users_read);
    if (!admitted) co_return refuse(x, admitted.error());
    const std::string& tenant = x.call.tenant->id;
    const auto record = co_await x.services.challenges.status(tenant, id);
    if (!record) co_return refuse(x, domain::refuse(Code::no_such_path));
    const unsigned tries = x.services.challenges.options().tries;
    platform::JsonText body;
    body.begin_object().member("id", id).member("user", record->user.user);
    body.member("status", status_name(*record, tries));
    append_factors(body, "factors", record->factors);
    append_time(body, "expires_at", record->ends);
    append_time(body, "passed_at", record->passed);
    body.member("attempts_left", tries - std::min(tries, record->wrong_tries));
    body.member("codes_sent", record->codes_sent).end_object();
    co_return Response(200, json_type, std::move(body).str());
}

} // namespace mfad::dialects::native_calls
