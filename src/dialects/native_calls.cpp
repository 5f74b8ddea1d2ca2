#include "native_calls.hpp"

#include "mfad/http/media_type.hpp"
#include "mfad/service/factors.hpp"

#include <boost/json.hpp>

namespace mfad::dialects::native_calls {

using domain::Permission;
using domain::Refusal;
using domain::Result;
using http::Response;
using runtime::Awaitable;
using service::Call;
using Code = Refusal::Code;

namespace {

/// Who may change the tenant may read him, too.
bool may(const domain::Caller& caller, Permission permission) {
    return caller.permissions.has(permission) ||
           (permission == Permission::tenant_read &&
            caller.permissions.has(Permission::tenant_update));
}

Result<std::string_view> credential(const http::Request& request) {
    if (request.count("Authorization") == 0) return domain::refuse(Code::no_credential);
    const auto value = single_header(request, "Authorization");
    const auto token = value ? after_scheme(*value, "Bearer") : std::nullopt;
    if (!token) return domain::refuse(Code::bad_credential);
    return *token;
}

} // namespace

Awaitable<Result<void>> enter(Exchange& exchange) {
    const Result<std::string_view> token = credential(exchange.request);
    if (!token) co_return token.error();
    const service::Accepts accepts{
        true, false, false, domain::DialectName::native, {}, exchange.request.client};
    service::Authenticator& authenticator = exchange.services.authenticator;
    std::optional<Result<Call>> call = authenticator.known(*token, accepts);
    if (!call) call = co_await authenticator.authenticate(*token, accepts);
    if (!*call) co_return call->error();
    exchange.call = std::move(**call);
    co_return Result<void>{};
}

Awaitable<Result<void>> admit(Exchange& exchange, Permission permission) {
    const Result<void> entered = co_await enter(exchange);
    if (!entered) co_return entered;
    if (!may(exchange.call.caller, permission)) co_return domain::refuse(Code::forbidden);
    co_return Result<void>{};
}

Awaitable<Result<void>> count(Exchange& exchange, std::string_view user) {
    const Result<void> key = take_key(exchange, user);
    if (!key) co_return key;
    co_return co_await take_quota(exchange);
}

Awaitable<Result<void>> admit_write(
    Exchange& exchange, std::string_view user, Permission permission) {
    const Result<void> admitted = co_await admit(exchange, permission);
    if (!admitted) co_return admitted;
    co_return co_await count(exchange, user);
}

Awaitable<Result<void>> admit_once(Exchange& exchange, Permission permission) {
    const Result<void> admitted = co_await admit(exchange, permission);
    if (!admitted) co_return admitted;
    co_return co_await begin_once(exchange, exchange.parameter(0));
}

Result<boost::json::object> body_object(const http::Request& request) {
    const auto type = request.header("Content-Type");
    if (type && !http::names_media_type(*type, "application/json"))
        return domain::refuse(Code::wrong_media);
    return service::parse_json_object(request.body);
}

std::string read_label(service::FieldReader& in) {
    const std::string_view label = in.maybe_text("label").value_or("");
    if (label.size() > service::Factors::max_label)
        in.invalid("label", "must have at most 64 bytes");
    return std::string(label);
}

void append_text(platform::JsonText& body, std::string_view name, std::string_view text_or_empty) {
    if (text_or_empty.empty())
        body.key(name).null();
    else
        body.member(name, text_or_empty);
}

void append_time(
    platform::JsonText& body, std::string_view name, std::optional<platform::UnixMillis> time) {
    append_text(body, name, time ? platform::rfc3339(*time) : std::string());
}

Response no_content(const Exchange& exchange) {
    Response response(204);
    return std::move(add_rate_fields(response, exchange.call));
}

Answer changed_answer(Exchange& exchange, const std::string& user) {
    const auto state = co_await exchange.services.settings.read(exchange.call, user);
    if (!state) co_return refuse(exchange, state.error());
    Response response = co_await mfa_answer(exchange, user, *state);
    co_return std::move(add_rate_fields(response, exchange.call));
}

} // namespace mfad::dialects::native_calls
