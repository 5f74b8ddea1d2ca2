#include "mfad/store/device_store.hpp"

#include "audit.hpp"
#include "scripts.hpp"

namespace mfad::store {
namespace {

using runtime::Awaitable;

} // namespace

Awaitable<std::optional<DeviceToken>> DeviceStore::remember(
    const ChallengeRef& challenge, const DeviceOrder& order, const AuditNote& note) const {
    const Keys& keys = context_.keys();
    const unsigned partition = keys.partition(challenge.user);
    redis::Command command = redis::Command::eval(scripts::remember_device, 4);
    command.arg(keys.user(challenge.user)).arg(keys.challenge(partition, challenge.id));
    command.arg(keys.devices(challenge.user)).arg(keys.audit(partition));
    command.arg(order.id).arg(order.label).arg(order.lifetime.count()).arg(order.most);
    command.arg(audit_context(context_, challenge.user, note));
    const redis::Reply reply = co_await context_.eval(scripts::remember_device, command);
    if (reply.size() == 0) co_return std::nullopt;
    DeviceToken token;
    token.id = reply.at(0).text();
    token.generation = static_cast<std::uint32_t>(reply.at(1).integer());
    co_return token;
}

Awaitable<std::optional<std::vector<Device>>> DeviceStore::list(const domain::UserRef& user) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::list_devices, 2);
    command.arg(keys.user(user)).arg(keys.devices(user));
    const redis::Reply reply = co_await context_.eval(scripts::list_devices, command);
    if (reply.at(0).integer() == 0) co_return std::nullopt;
    std::vector<Device> devices;
    for (std::size_t i = 1; i + 4 < reply.size(); i += 5) {
        Device& device = devices.emplace_back();
        device.id = reply.at(i).text();
        device.label = reply.at(i + 1).text();
        device.remembered = platform::unix_millis(reply.at(i + 2).integer());
        device.last_used = platform::unix_millis(reply.at(i + 3).integer());
        device.ends = platform::unix_millis(reply.at(i + 4).integer());
    }
    co_return devices;
}

Awaitable<std::optional<unsigned>> DeviceStore::forget(
    const domain::UserRef& user, const std::string& id, const std::string& notice,
    const AuditNote& note) const {
    const Keys& keys = context_.keys();
    const unsigned partition = keys.partition(user);
    redis::Command command = redis::Command::eval(scripts::forget_devices, 4);
    command.arg(keys.user(user)).arg(keys.devices(user)).arg(keys.audit(partition));
    command.arg(keys.due(partition, MailClass::notice));
    command.arg(id).arg(notice).arg(audit_context(context_, user, note));
    const redis::Reply reply = co_await context_.eval(scripts::forget_devices, command);
    const auto forgotten = reply.integer();
    if (forgotten < 0) co_return std::nullopt;
    co_return static_cast<unsigned>(forgotten);
}

} // namespace mfad::store
