#include "mfad/store/quota_store.hpp"

#include "decode.hpp"
#include "scripts.hpp"

namespace mfad::store {

redis::Command QuotaStore::command(
    const std::string& owner, const domain::RatePolicy& policy, std::uint32_t wanted,
    const std::optional<KeyPlace>& place) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::take_quota, place ? 2 : 1);
    command.arg(keys.quota(owner, policy.name));
    if (place) command.arg(keys.live_keys(owner, place->credential_id));
    command.arg(policy.period.count()).arg(policy.limit).arg(wanted);
    if (place) command.arg(place->hash).arg(place->lifetime.count()).arg(place->places);
    return command;
}

runtime::Awaitable<redis::Reply> QuotaStore::take(const redis::Command& command) const {
    return context_.eval(scripts::take_quota, command);
}

QuotaTaken QuotaStore::taken(const redis::Reply& reply) {
    QuotaTaken taken;
    platform::PackedReader packed(reply.text());
    taken.verdict = decode_verdict(packed);
    taken.place = packed.u8() != 0;
    taken.count = packed.u32();
    return taken;
}

redis::Command QuotaStore::giving_back(
    const std::string& owner, const domain::RatePolicy& policy, std::uint32_t count) const {
    redis::Command command = redis::Command::eval(scripts::give_back_quota, 1);
    command.arg(context_.keys().quota(owner, policy.name));
    command.arg(policy.period.count()).arg(policy.limit).arg(count);
    return command;
}

runtime::Awaitable<void> QuotaStore::give_back(const redis::Command& command) const {
    co_await context_.eval(scripts::give_back_quota, command);
}

} // namespace mfad::store
