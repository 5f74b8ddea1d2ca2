#include "mfad/service/devices.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/service/challenges.hpp"
#include "mfad/service/device_token.hpp"

namespace mfad::service {
namespace {

using domain::Refusal;
using domain::Result;
using domain::UserRef;
using runtime::Awaitable;
using Code = Refusal::Code;

constexpr std::size_t id_bytes = 8;

bool is_id(std::string_view text) {
    const auto bytes = platform::from_base64url(text);
    return bytes && bytes->size() == id_bytes;
}

} // namespace

Devices::Devices(const store::Context& context, Vault& vault, std::function<void()> wake)
    : devices_(context), vault_(vault), wake_(std::move(wake)) {}

Awaitable<Result<std::string>> Devices::remember(
    std::string_view challenge_token, std::string_view tenant, std::string_view label) {
    const auto challenge = open_challenge_token(challenge_token, tenant, vault_);
    if (!challenge) co_return domain::refuse(Code::expired);
    store::DeviceOrder order;
    order.id = platform::base64url(platform::random_bytes(id_bytes));
    order.label = label;
    order.lifetime = lifetime;
    order.most = most;
    const store::AuditNote note{store::Actor::user, challenge->id};
    const auto device = co_await devices_.remember(*challenge, order, note);
    if (!device) co_return domain::refuse(Code::expired);
    co_return device_token(*device, challenge->user, vault_);
}

Awaitable<Result<std::vector<store::Device>>> Devices::list(const UserRef& user) {
    auto devices = co_await devices_.list(user);
    if (!devices) co_return domain::refuse(Code::no_such_user);
    co_return std::move(*devices);
}

Awaitable<Result<unsigned>> Devices::forget_some(
    const UserRef& user, const std::string& id, store::Actor by) {
    const std::string notice = seal_notice(MailJob::Kind::device_revoked, {}, user, vault_);
    const store::AuditNote note{by};
    const auto forgotten = co_await devices_.forget(user, id, notice, note);
    if (!forgotten) co_return domain::refuse(Code::no_such_user);
    if (*forgotten > 0) wake_();
    co_return *forgotten;
}

Awaitable<Result<void>> Devices::forget(const UserRef& user, std::string_view id, store::Actor by) {
    if (!is_id(id)) co_return domain::refuse(Code::not_enrolled);
    const std::string name(id);
    const Result<unsigned> forgotten = co_await forget_some(user, name, by);
    if (!forgotten) co_return forgotten.error();
    if (*forgotten == 0) co_return domain::refuse(Code::not_enrolled);
    co_return Result<void>{};
}

Awaitable<Result<void>> Devices::forget_all(const UserRef& user, store::Actor by) {
    const std::string all;
    const Result<unsigned> forgotten = co_await forget_some(user, all, by);
    if (!forgotten) co_return forgotten.error();
    co_return Result<void>{};
}

} // namespace mfad::service
