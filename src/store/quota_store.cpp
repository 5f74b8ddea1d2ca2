#include "mfad/store/quota_store.hpp"

#include "scripts.hpp"

namespace mfad::store {

runtime::Awaitable<QuotaTaken> QuotaStore::take(
    const std::string& tenant, const domain::RatePolicy& policy,
    const std::optional<KeyPlace>& place) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::take_quota, place ? 2 : 1);
    command.arg(keys.quota(tenant, policy.name));
    if (place) command.arg(keys.live_keys(tenant, place->credential_id));
    command.arg(policy.period.count()).arg(policy.limit);
    if (place) command.arg(place->hash).arg(place->lifetime.count()).arg(place->places);
    const redis::Reply reply = co_await context_.eval(scripts::take_quota, command);
    QuotaTaken taken;
    taken.verdict.allowed = reply.at(0).integer() != 0;
    taken.verdict.remaining = static_cast<std::uint32_t>(reply.at(1).integer());
    taken.verdict.retry_after = std::chrono::microseconds{reply.at(2).integer()};
    taken.verdict.reset = std::chrono::microseconds{reply.at(3).integer()};
    taken.place = reply.at(4).integer() != 0;
    co_return taken;
}

} // namespace mfad::store
