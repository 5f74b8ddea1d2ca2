#include "mfad/service/device_token.hpp"

#include "mfad/platform/encoding.hpp"
#include "mfad/platform/packed.hpp"

namespace mfad::service {
namespace {

using platform::SealPurpose;

constexpr std::size_t max_token = 128;

platform::Place token_place(const domain::UserRef& user) {
    return platform::Place().part("device_token").part(user.tenant).part(user.user);
}

} // namespace

std::string device_token(
    const store::DeviceToken& device, const domain::UserRef& user, Vault& vault) {
    platform::PackedWriter packed;
    packed.u32(device.generation).text(device.id);
    return platform::base64url(
        vault.sealer.seal(SealPurpose::challenge, token_place(user), packed.bytes()));
}

std::optional<store::DeviceToken> open_device_token(
    std::string_view token, const domain::UserRef& user, Vault& vault) {
    if (token.size() > max_token) return std::nullopt;
    const auto sealed = platform::from_base64url(token);
    if (!sealed) return std::nullopt;
    const auto plain = vault.sealer.open(SealPurpose::challenge, token_place(user), *sealed);
    if (!plain) return std::nullopt;
    platform::PackedReader packed(*plain);
    store::DeviceToken device;
    device.generation = packed.u32();
    device.id = packed.text();
    return device;
}

} // namespace mfad::service
