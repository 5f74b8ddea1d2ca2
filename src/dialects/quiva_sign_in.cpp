// quiva.ai, the second step of a sign-in, on a challenge that the host has opened: its token is the
// `token` (docs/dialects.md, "quiva").
#include "quiva_calls.hpp"

#include "mfad/platform/json_text.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

namespace mfad::dialects::quiva_calls {
namespace {

namespace json = boost::json;
using domain::FactorType;
using domain::Refusal;
using domain::Result;
using http::Response;
using runtime::Awaitable;
using service::FieldReader;
using Code = Refusal::Code;

struct Attempt {
    std::string token;
    std::string code;
};

/// `email` may be sent; the token says whom it is about.
Result<Attempt> read_attempt(const http::Request& request) {
    const Result<json::object> body = body_object(request, false);
    if (!body) return body.error();
    FieldReader in(*body, {});
    Attempt attempt;
    attempt.token = in.text("token");
    attempt.code = in.text("code");
    in.maybe_text("email");
    if (in.failed()) return *in.failed();
    return attempt;
}

/// What a wrong code is, also where it cannot be one: it was typed by the same person.
bool is_wrong_code(Code code) {
    return code == Code::invalid || code == Code::malformed || code == Code::forbidden ||
           code == Code::wrong_code || code == Code::already_used || code == Code::expired ||
           code == Code::not_enrolled || code == Code::factors_disabled;
}

Response wrong(const Exchange& x, std::string_view text) {
    platform::JsonText body;
    body.begin_object().member("error", text).end_object();
    Response response(401, json_type, std::move(body).str());
    return std::move(add_rate_fields(response, x.call));
}

Awaitable<Response> auth_with(Exchange& x, FactorType factor, std::string_view wrong_text) {
    const Result<Attempt> attempt = read_attempt(x.request);
    if (!attempt) co_return refuse(x, attempt.error());
    const Result<domain::UserRef> user = co_await admit_challenge(x, attempt->token);
    if (!user && user.error().code == Code::expired) co_return wrong(x, wrong_text);
    if (!user) co_return refuse(x, user.error());
    const auto passed =
        co_await x.services.challenges.verify(attempt->token, user->tenant, factor, attempt->code);
    if (!passed) co_return refuse_attempt(x, passed.error(), wrong_text);
    co_return co_await signed_in_answer(x, *user, *passed);
}

} // namespace

Response refuse_attempt(Exchange& x, const Refusal& why, std::string_view wrong_text) {
    return is_wrong_code(why.code) ? wrong(x, wrong_text) : refuse(x, why);
}

Answer signed_in_answer(Exchange& x, const domain::UserRef& user, const service::Passed& passed) {
    const auto state = co_await x.services.settings.read(x.call, user.user);
    if (!state) co_return refuse(x, state.error());
    const domain::FactorSet usable = state->required() & state->enrolled;
    platform::JsonText body;
    body.begin_object().key("data").begin_object().member("auth_token", passed.access_token);
    body.member("passkey_enabled", usable.contains(FactorType::passkey));
    body.member("totp_enabled", usable.contains(FactorType::totp));
    body.end_object();
    co_return answer(x, std::move(body));
}

Answer auth_with_totp(Exchange& x) {
    return auth_with(x, FactorType::totp, "Unauthorized");
}

Answer auth_with_recovery_code(Exchange& x) {
    return auth_with(x, FactorType::recovery_code, "Used or invalid recovery code");
}

} // namespace mfad::dialects::quiva_calls
