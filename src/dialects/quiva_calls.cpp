#include "quiva_calls.hpp"

#include "mfad/http/form.hpp"
#include "mfad/http/media_type.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

namespace mfad::dialects::quiva_calls {

namespace json = boost::json;
using domain::Permission;
using domain::Refusal;
using domain::Result;
using http::Request;
using http::Response;
using runtime::Awaitable;
using service::Call;
using Code = Refusal::Code;

namespace {

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

} // namespace

Awaitable<Result<void>> admit(Exchange& x) {
    const Result<std::string_view> token = credential(x.request);
    if (!token) co_return token.error();
    const service::Accepts accepts{false,           true, false, domain::DialectName::quiva, {},
                                   x.request.client};
    service::Authenticator& authenticator = x.services.authenticator;
    std::optional<Result<Call>> known = authenticator.known(*token, accepts);
    if (!known) known = co_await authenticator.authenticate(*token, accepts);
    Result<Call>& call = *known;
    if (!call) co_return call.error();
    if (call->caller.user.empty()) co_return domain::refuse(Code::forbidden);
    x.call = std::move(*call);
    co_return Result<void>{};
}

Result<json::object> body_object(const Request& request, bool may_be_empty) {
    if (request.body.empty() && may_be_empty) return json::object();
    const auto type = request.header("Content-Type");
    if (type && !http::names_media_type(*type, "application/json"))
        return domain::refuse(Code::wrong_media);
    return service::parse_json_object(request.body);
}

Awaitable<Result<std::string>> subject(
    Exchange& x, std::optional<std::string> email, Permission permission) {
    if (!email) co_return x.call.caller.user;
    co_return co_await x.services.settings.user_by_email(x.call, *email, permission);
}

Awaitable<Result<std::string>> subject_of_query(Exchange& x, Permission permission) {
    const auto query = http::Form::parse(x.request.query);
    if (!query) co_return domain::refuse(Code::malformed, "query", "is not well-formed");
    std::optional<std::string> email;
    if (const auto found = query->find("email")) email = *found;
    co_return co_await subject(x, std::move(email), permission);
}

Awaitable<Result<std::string>> subject_of_body(Exchange& x) {
    const Result<json::object> body = body_object(x.request, true);
    if (!body) co_return body.error();
    service::FieldReader in(*body, {});
    std::optional<std::string> email;
    if (const auto found = in.maybe_text("email")) email = *found;
    if (in.failed()) co_return *in.failed();
    co_return co_await subject(x, std::move(email), Permission::users_update);
}

void append_codes(
    platform::JsonText& body, std::string_view name, const std::vector<std::string>& codes) {
    body.key(name).begin_array();
    for (const std::string& code : codes)
        body.value(code);
    body.end_array();
}

Response answer(const Exchange& x, platform::JsonText body) {
    Response response(200, json_type, std::move(body.end_object()).str());
    return std::move(add_rate_fields(response, x.call));
}

Response success(const Exchange& x) {
    platform::JsonText body;
    body.begin_object().member("message", "success");
    return answer(x, std::move(body));
}

} // namespace mfad::dialects::quiva_calls
