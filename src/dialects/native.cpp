// The product's own API and everything that no dialect owns: RFC 9457 problems.
#include "exchange.hpp"

#include "mfad/http/problem.hpp"
#include "mfad/platform/concat.hpp"

namespace mfad::dialects {
namespace {

using domain::Refusal;
using http::Request;
using http::Response;
using Code = Refusal::Code;

// ---- requests -----------------------------------------------------------------------------------

/// The keys that access tokens are signed with; for everybody.
runtime::Awaitable<Response> get_key_set(Exchange& exchange) {
    Response response(
        200, "application/json", exchange.services.tokens.key_set(platform::wall_now()));
    response.header(
        "Cache-Control",
        platform::concat("public, max-age=", std::to_string(platform::key_set_max_age.count())));
    co_return response;
}

constexpr Route route_table[] = {
    {http::Method::get, "/.well-known/jwks.json", get_key_set},
};

// ---- answers ------------------------------------------------------------------------------------

/// Here `code` is the title of the problem.
Refused refusal(Code code) {
    switch (code) {
    case Code::no_credential:
    case Code::bad_credential: return {401, "Unauthorized", "Send a valid server credential."};
    case Code::forbidden: return {403, "Forbidden", "The credential may not do this."};
    case Code::restricted:
        return {403, "Forbidden", "Changes of MFA are restricted for this user."};
    case Code::no_such_tenant: return {404, "Not Found", "There is no such tenant."};
    case Code::no_such_user: return {404, "Not Found", "There is no such user."};
    case Code::no_such_path: return {404, "Not Found", "There is no such resource."};
    case Code::wrong_method: return {405, "Method Not Allowed", "The resource has other methods."};
    case Code::too_large: return {413, "Content Too Large", "The request is too large."};
    case Code::wrong_media: return {415, "Unsupported Media Type", "Send application/json."};
    case Code::malformed: return {400, "Bad Request", "The body is not a JSON object."};
    case Code::wrong_type:
    case Code::missing:
    case Code::invalid: return {422, "Unprocessable Content", "The request is not valid."};
    case Code::factor_not_allowed:
        return {422, "Unprocessable Content", "The factor is not allowed."};
    case Code::nothing_enabled: return {409, "Conflict", "No MFA is enabled."};
    case Code::external_factor: return {409, "Conflict", "The factor is held by its provider."};
    case Code::unchanged: return {409, "Conflict", "Nothing would change."};
    case Code::proof_too_old: return {403, "Forbidden", "Verify a second factor first."};
    case Code::not_configured: return {409, "Conflict", "The tenant is not configured for this."};
    case Code::key_reused:
        return {422, "Unprocessable Content", "The Idempotency-Key was used for another request."};
    case Code::wrong_login: return {401, "Unauthorized", "Wrong login or password."};
    case Code::too_many_logins:
    case Code::too_many: return {429, "Too Many Requests", "Too many requests. Try again later."};
    case Code::unavailable:
        return {503, "Service Unavailable", "The service is not available. Try again later."};
    case Code::internal: break;
    }
    return {500, "Internal Server Error", "The request failed. Its id helps to find out why."};
}

class Native : public Dialect {
public:
    domain::DialectName name() const override { return domain::DialectName::native; }
    std::span<const Route> routes() const override { return route_table; }
    Refused refused(Code code) const override { return refusal(code); }

    Response refuse(
        const Request& request, const service::Call& call, const Refusal& why) const override {
        const Refused refused = refusal(why.code);
        std::string detail(refused.text);
        if (!why.field.empty()) detail = why.field + " " + why.why;
        Response response = http::problem(refused.status, refused.code, detail, request.request_id);
        if (refused.status == 401) response.header("WWW-Authenticate", "Bearer");
        add_allow(response, why);
        add_rate_fields(response, call);
        return std::move(add_retry_after(response, why));
    }
};

/// Takes the first segment off a path.
std::string_view first_segment(std::string_view& path) {
    path.remove_prefix(std::min<std::size_t>(path.size(), 1));
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

} // namespace

const Dialect& native() {
    static const Native dialect;
    return dialect;
}

const Dialect& owner_of(std::string_view path) {
    const std::string_view first = first_segment(path);
    if (first == "api" || first == "projects" || first == "otp") return xsolla();
    if (first == "users") return first_segment(path) == "me" ? xsolla() : rebilly();
    if (first == "organizations" || first == "profile") return rebilly();
    if (first == "accounts") return quiva();
    if (first == "v2" || first == "panel" || first == "user") return navixy();
    return native();
}

} // namespace mfad::dialects
