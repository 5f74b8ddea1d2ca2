// The remembered devices of a visit's user.
#include "page_calls.hpp"

#include "mfad/service/devices.hpp"

namespace mfad::pages {

runtime::Awaitable<void> append_devices(
    platform::JsonText& body, Exchange& x, const domain::UserRef& user) {
    const auto devices = co_await x.services.devices.list(user);
    body.key("devices").begin_array();
    if (devices) {
        for (const store::Device& device : *devices) {
            body.begin_object().member("id", device.id).member("label", device.label);
            append_time(body, "remembered_at", device.remembered);
            append_time(body, "last_used_at", device.last_used);
            body.end_object();
        }
    }
    body.end_array();
}

Answer post_device_remove(Exchange& x) {
    Asked asked = co_await read_proved_visit(x);
    if (asked.refusal) co_return std::move(*asked.refusal);
    service::FieldReader in(asked.body, {});
    const std::string_view id = in.text("id");
    if (in.failed()) co_return bad_message(x);
    const auto forgotten =
        co_await x.services.devices.forget(asked.visit.user, id, store::Actor::user);
    if (!forgotten) co_return refuse(x, forgotten.error());
    co_return state_answer(200, "open");
}

} // namespace mfad::pages
