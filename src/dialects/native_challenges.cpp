// The native API on second factors at sign-in (docs/dialects.md, "Native").
#include "native_calls.hpp"

#include "mfad/http/problem.hpp"
#include "mfad/platform/concat.hpp"
#include "mfad/service/challenges.hpp"
#include "mfad/service/devices.hpp"
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
using service::append_factors;
using service::ChallengeWish;
using service::FieldReader;
using Code = Refusal::Code;
using Outcome = store::ChallengeOpened::Outcome;

constexpr FactorSet offered = FactorSet(FactorType::email) | FactorType::totp |
                              FactorType::passkey | FactorType::recovery_code;
constexpr std::size_t max_note = 128; // of an address or a device

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
    wish.address = in.maybe_text("ip").value_or("");
    wish.device = in.maybe_text("device").value_or("");
    if (wish.address.size() > max_note) in.invalid("ip", "must have at most 128 bytes");
    if (wish.device.size() > max_note) in.invalid("device", "must have at most 128 bytes");
    if (in.failed()) return *in.failed();
    return wish;
}

/// A host that has shown a device is told its next token, or that the one it has is of no use.
Response opened_answer(
    const Exchange& x, const ChallengeWish& wish, const service::ChallengeAnswer& answer) {
    platform::JsonText body;
    body.begin_object().member("id", answer.id).member("token", answer.token);
    append_factors(body, "factors", answer.opened.factors);
    append_time(body, "expires_at", answer.opened.ends);
    if (!wish.device.empty()) append_text(body, "device_token", answer.device_token);
    if (!answer.passkey.empty())
        body.key("passkey").begin_object().key("publicKey").raw(answer.passkey).end_object();
    body.end_object();
    Response response(201, json_type, std::move(body).str());
    response.header(
        "Location", platform::concat(x.services.public_url, "/v1/challenges/", answer.id));
    return std::move(add_rate_fields(response, x.call));
}

/// Nothing can pass a challenge yet: the way to enroll goes with the answer, and to the user.
/// @param strong what can be bound has to be worth more than AAL1
Awaitable<Response> enrollment_required(Exchange& x, const std::string& user, bool strong) {
    SettingsChange change;
    if (strong) change.link_factors = domain::strong_factors;
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
    std::optional<std::string> device_label; ///< of a device to be remembered
    std::string credential;                  ///< of a passkey, as JSON
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

/// The label of a device to be remembered; may be empty.
Result<std::string> read_device(const json::object& object) {
    static constexpr std::string_view known[] = {"label"};
    FieldReader in(object, "remember_device");
    in.refuse_others(known);
    const std::string_view label = in.maybe_text("label").value_or("");
    if (label.size() > service::Devices::max_label)
        in.invalid("label", "must have at most 64 bytes");
    if (in.failed()) return *in.failed();
    return std::string(label);
}

Result<Attempt> read_attempt(const http::Request& request) {
    static constexpr std::string_view known[] = {
        "token", "factor", "code", "credential", "remember_device"};
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
    if (const json::object* device = in.maybe_object("remember_device")) {
        Result<std::string> label = read_device(*device);
        if (!label) return label.error();
        attempt.device_label = std::move(*label);
    }
    if (in.failed()) return *in.failed();
    return attempt;
}

Awaitable<Result<service::Passed>> verify(Exchange& x, const Attempt& attempt) {
    const std::string& tenant = x.call.tenant->id;
    service::Challenges& challenges = x.services.challenges;
    if (attempt.factor != FactorType::passkey)
        co_return co_await challenges.verify(attempt.token, tenant, attempt.factor, attempt.code);
    const domain::RelyingParty party = party_of(x);
    co_return co_await challenges.verify_passkey(attempt.token, tenant, party, attempt.credential);
}

/// @param device_token of a device that is remembered from now on; empty: none is
Response passed_answer(const service::Passed& passed, const std::string& device_token) {
    platform::JsonText body;
    body.begin_object().member("access_token", passed.access_token);
    body.member("token_type", "Bearer").member("expires_in", passed.lifetime.count());
    body.key("amr").begin_array();
    for (const std::string& method : passed.methods)
        body.value(method);
    body.end_array().member("acr", passed.level);
    append_time(body, "auth_time", passed.at);
    if (!device_token.empty()) body.member("device_token", device_token);
    return {200, json_type, std::move(body.end_object()).str()};
}

std::string_view status_name(const store::ChallengeRecord& record, unsigned tries) {
    if (record.passed) return "passed";
    if (record.fenced || platform::wall_now() >= record.ends) return "expired";
    return record.wrong_tries >= tries ? "exhausted" : "open";
}

std::string_view delivery_name(store::CodeMail mail) {
    switch (mail) {
    case store::CodeMail::none: return "none";
    case store::CodeMail::owed: return "pending";
    case store::CodeMail::sent: return "sent";
    case store::CodeMail::dead: return "dead";
    case store::CodeMail::dropped: return "dropped";
    }
    throw store::Corrupt("a challenge with mail in a state that none has");
}

} // namespace

Answer post_challenge(Exchange& x) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit_once(x, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<ChallengeWish> wish = read_wish(x.request);
    if (!wish) co_return refuse(x, wish.error());
    const domain::UserRef ref{x.call.tenant->id, user};
    const domain::RelyingParty party = party_of(x);
    const service::ChallengeAnswer answer = co_await x.services.challenges.open(ref, *wish, party);
    switch (answer.opened.outcome) {
    case Outcome::opened: co_return opened_answer(x, *wish, answer);
    case Outcome::unbound: co_return co_await enrollment_required(x, user, wish->strong);
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
    const Result<void> begun = co_await begin_once(x, no_user);
    if (!begun) co_return refuse(x, begun.error());
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
    const Result<void> begun = co_await begin_once(x, no_user);
    if (!begun) co_return refuse(x, begun.error());
    const Result<Attempt> attempt = read_attempt(x.request);
    if (!attempt) co_return refuse(x, attempt.error());
    const Result<service::Passed> passed = co_await verify(x, *attempt);
    if (!passed) co_return refuse(x, passed.error());
    std::string device_token;
    if (attempt->device_label) {
        // The challenge is passed whatever becomes of this.
        const std::string& tenant = x.call.tenant->id;
        const auto remembered =
            co_await x.services.devices.remember(attempt->token, tenant, *attempt->device_label);
        if (remembered) device_token = *remembered;
    }
    Response response = passed_answer(*passed, device_token);
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
    body.member("codes_sent", record->codes_sent);
    body.member("delivery", delivery_name(record->mail)).end_object();
    co_return Response(200, json_type, std::move(body).str());
}

} // namespace mfad::dialects::native_calls
