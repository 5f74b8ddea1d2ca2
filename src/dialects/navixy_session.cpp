// Who asks in the Navixy dialect (docs/dialects.md, "Navixy").
#include "navixy_calls.hpp"

#include <algorithm>

namespace mfad::dialects::navixy_calls {

using domain::Permission;
using domain::Refusal;
using domain::Result;
using http::Request;
using http::Response;
using runtime::Awaitable;
using service::Call;
using Code = Refusal::Code;
using Parameters = NavixyParameters;

namespace {

/// A hash: 16..512 letters, digits, `-` and `_`. A session's has 32 hexadecimal digits, the token
/// of a challenge some 200 of base64url.
bool is_hash(std::string_view text) {
    return text.size() >= 16 && text.size() <= 512 && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

/// Admits a session; with a permission, one that has it.
Awaitable<Result<void>> admit(
    Exchange& x, const std::string& hash, std::optional<Permission> permission, Effect effect) {
    const service::Accepts accepts{false, false,           true, domain::DialectName::navixy,
                                   {},    x.request.client};
    service::Authenticator& authenticator = x.services.authenticator;
    std::optional<Result<Call>> known = authenticator.known(hash, accepts);
    if (!known) known = co_await authenticator.authenticate(hash, accepts);
    Result<Call>& call = *known;
    if (!call) co_return call.error();
    x.call = std::move(*call);
    x.call.only_reads = effect == Effect::reads;
    const Result<void> key = effect == Effect::writes ? take_key(x, no_user) : Result<void>{};
    const Result<void> quota = co_await take_quota(x);
    if (!quota) co_return quota;
    if (!key) co_return key;
    if (permission && !x.call.caller.permissions.has(*permission))
        co_return domain::refuse(Code::forbidden);
    co_return Result<void>{};
}

} // namespace

Response success() {
    return {200, json_type, R"({"success":true})"};
}

Result<std::string> credential(const Request& request, const Result<Parameters>& parameters) {
    std::string hash;
    if (request.count("Authorization") > 0) {
        const auto value = single_header(request, "Authorization");
        hash = value ? after_scheme(*value, "NVX").value_or("") : "";
    } else {
        if (!parameters) return parameters.error();
        const auto parameter = parameters->text("hash");
        if (parameter) hash = parameter->value_or("");
    }
    if (!is_hash(hash)) return domain::refuse(Code::no_credential);
    return hash;
}

Awaitable<Result<Session>> open_session(
    Exchange& x, std::optional<Permission> permission, Effect effect) {
    Result<Parameters> parameters = Parameters::read(x.request);
    const Result<std::string> hash = credential(x.request, parameters);
    if (!hash) co_return hash.error();
    const Result<void> admitted = co_await admit(x, *hash, permission, effect);
    if (!admitted) co_return admitted.error();
    if (!parameters) co_return parameters.error();
    co_return Session{*hash, std::move(*parameters)};
}

} // namespace mfad::dialects::navixy_calls
