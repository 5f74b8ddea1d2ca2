// Navixy's second step of a sign-in, on a challenge that the host has opened: its token is the
// `hash` (docs/dialects.md, "Navixy").
#include "navixy_calls.hpp"

#include "mfad/platform/json_text.hpp"

namespace mfad::dialects::navixy_calls {

using domain::FactorType;
using domain::Refusal;
using domain::Result;
using http::Response;
using runtime::Awaitable;
using Code = Refusal::Code;
using Parameters = NavixyParameters;

namespace {

/// A call with the hash of a challenge.
struct PendingSignIn {
    std::string token;
    domain::UserRef user;
    Parameters parameters;
};

/// A hash that is no challenge's: of a session, which may do other things, or of nothing.
Awaitable<Refusal> refuse_hash(Exchange& x, const std::string& hash) {
    const service::Accepts accepts{false, false,           true, domain::DialectName::navixy,
                                   {},    x.request.client};
    const auto call = co_await x.services.authenticator.authenticate(hash, accepts);
    if (!call) co_return call.error();
    co_return domain::refuse(Code::expired);
}

/// As with a session, the hash comes first.
Awaitable<Result<PendingSignIn>> admit_pending(Exchange& x) {
    Result<Parameters> parameters = Parameters::read(x.request);
    Result<std::string> hash = credential(x.request, parameters);
    if (!hash) co_return hash.error();
    Result<domain::UserRef> user = co_await admit_challenge(x, *hash);
    if (!user && user.error().code == Code::expired) co_return co_await refuse_hash(x, *hash);
    if (!user) co_return user.error();
    if (!parameters) co_return parameters.error();
    co_return PendingSignIn{std::move(*hash), std::move(*user), std::move(*parameters)};
}

/// The vendor's answer to who asks again within the gap between two codes.
Response too_soon(const Exchange& x, const Refusal& why) {
    Response response(
        403, json_type,
        R"({"success":false,"status":{"code":264,"description":"Timeout not reached"}})");
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(why.retry_after).count();
    response.header("Retry-After", std::to_string(seconds));
    return std::move(add_rate_fields(response, x.call));
}

} // namespace

Answer verify_code(Exchange& x) {
    const Result<PendingSignIn> pending = co_await admit_pending(x);
    if (!pending) co_return refuse(x, pending.error());
    const auto code = pending->parameters.text("code");
    if (!code) co_return refuse(x, code.error());
    if (!*code) co_return refuse(x, domain::refuse(Code::missing, "code", "is required"));
    const auto passed = co_await x.services.challenges.verify(
        pending->token, pending->user.tenant, FactorType::email, **code);
    // What cannot be a code counts as nothing, and is a wrong one to whoever has typed it.
    if (!passed && passed.error().code == Code::invalid)
        co_return refuse(x, domain::refuse(Code::wrong_code));
    if (!passed) co_return refuse(x, passed.error());
    const std::string hash = co_await x.services.panel.open_for(pending->user);
    platform::JsonText body;
    body.begin_object().member("success", true).member("hash", hash).end_object();
    Response response(200, json_type, std::move(body).str());
    co_return std::move(add_rate_fields(response, x.call));
}

Answer resend_code(Exchange& x) {
    const Result<PendingSignIn> pending = co_await admit_pending(x);
    if (!pending) co_return refuse(x, pending.error());
    const auto sent =
        co_await x.services.challenges.send_code(pending->token, pending->user.tenant);
    const auto& gap = x.services.challenges.options().code_gap;
    // A longer wait is that of the user's budget of codes, which is a limit like others.
    if (!sent && sent.error().code == Code::too_many && sent.error().retry_after <= gap.period)
        co_return too_soon(x, sent.error());
    if (!sent) co_return refuse(x, sent.error());
    Response response = success();
    co_return std::move(add_rate_fields(response, x.call));
}

} // namespace mfad::dialects::navixy_calls
