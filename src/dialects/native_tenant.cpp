// The native API on the tenant himself (docs/dialects.md, "Native").
#include "native_calls.hpp"

#include "mfad/service/tenant_admin.hpp"

#include <boost/json.hpp>

namespace mfad::dialects::native_calls {

using domain::Permission;
using domain::Result;
using http::Response;

Answer get_tenant(Exchange& x) {
    const Result<void> admitted = co_await admit(x, Permission::tenant_read);
    if (!admitted) co_return refuse(x, admitted.error());
    Result<std::string> definition = co_await x.services.tenant_admin.describe(x.call);
    if (!definition) co_return refuse(x, definition.error());
    co_return Response(200, json_type, std::move(*definition));
}

Answer patch_tenant(Exchange& x) {
    const Result<void> admitted = co_await admit_write(x, no_user, Permission::tenant_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<boost::json::object> patch = body_object(x.request);
    if (!patch) co_return co_await refuse_content(x, patch.error());
    const Result<void> amended = co_await x.services.tenant_admin.amend(x.call, *patch);
    if (!amended) co_return co_await refuse_content(x, amended.error());
    co_return no_content(x);
}

} // namespace mfad::dialects::native_calls
