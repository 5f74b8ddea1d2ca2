// The native API on a user's remembered devices (docs/dialects.md, "Native").
#include "native_calls.hpp"

#include "mfad/service/devices.hpp"

namespace mfad::dialects::native_calls {

using domain::Permission;
using domain::Refusal;
using domain::Result;
using http::Response;
using Code = Refusal::Code;

Answer list_devices(Exchange& x) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit(x, Permission::users_read);
    if (!admitted) co_return refuse(x, admitted.error());
    const domain::UserRef ref{x.call.tenant->id, user};
    const auto devices = co_await x.services.devices.list(ref);
    if (!devices) co_return refuse(x, devices.error());
    platform::JsonText body;
    body.begin_object().key("devices").begin_array();
    for (const store::Device& device : *devices) {
        body.begin_object().member("id", device.id);
        append_text(body, "label", device.label);
        append_time(body, "created_at", device.remembered);
        append_time(body, "last_used_at", device.last_used);
        append_time(body, "expires_at", device.ends);
        body.end_object();
    }
    co_return Response(200, json_type, std::move(body.end_array().end_object()).str());
}

Answer delete_devices(Exchange& x) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit_once(x, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const domain::UserRef ref{x.call.tenant->id, user};
    const auto forgotten = co_await x.services.devices.forget_all(ref, store::Actor::host);
    if (!forgotten) co_return refuse(x, forgotten.error());
    co_return no_content(x);
}

Answer delete_device(Exchange& x) {
    const std::string user(x.parameter(0));
    const std::string id(x.parameter(1));
    const Result<void> admitted = co_await admit_once(x, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const domain::UserRef ref{x.call.tenant->id, user};
    const auto forgotten = co_await x.services.devices.forget(ref, id, store::Actor::host);
    if (!forgotten && forgotten.error().code == Code::not_enrolled)
        co_return refuse(x, domain::refuse(Code::no_such_path));
    if (!forgotten) co_return refuse(x, forgotten.error());
    co_return no_content(x);
}

} // namespace mfad::dialects::native_calls
