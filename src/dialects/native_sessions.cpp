// The native API on users' sessions (docs/dialects.md, "Native").
#include "native_calls.hpp"

#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

namespace mfad::dialects::native_calls {
namespace {

using domain::Result;

constexpr std::size_t max_session = 512;

Result<std::string> read_session(const http::Request& request) {
    static constexpr std::string_view known[] = {"session"};
    const Result<boost::json::object> body = body_object(request);
    if (!body) return body.error();
    service::FieldReader in(*body, {});
    in.refuse_others(known);
    const std::string_view session = in.text("session");
    if (session.size() > max_session) in.invalid("session", "must have at most 512 bytes");
    if (in.failed()) return *in.failed();
    return std::string(session);
}

} // namespace

/// What a tenant may not know answers as what there is not.
Answer introspect_session(Exchange& x) {
    const Result<void> admitted = co_await admit(x, domain::Permission::users_read);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<std::string> session = read_session(x.request);
    if (!session) co_return refuse(x, session.error());
    const auto found = co_await x.services.panel.session_of_user(*session);
    if (!found || found->tenant != x.call.tenant->id)
        co_return http::Response(200, json_type, R"({"active":false})");
    platform::JsonText body;
    body.begin_object().member("active", true).member("user", found->user);
    body.member("tenant", found->tenant);
    append_time(body, "expires_at", found->expires_at);
    co_return http::Response(200, json_type, std::move(body.end_object()).str());
}

} // namespace mfad::dialects::native_calls
