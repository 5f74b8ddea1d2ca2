#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/challenge_store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mfad::service {

/// The token of a remembered device: what it is called and the generation, sealed for its user. It
/// is stored nowhere, and cannot be made up; 63 characters of base64url, which a cookie may hold.
std::string device_token(
    const store::DeviceToken& device, const domain::UserRef& user, Vault& vault);

/// @return nothing for what is no token of ours, or another user's
std::optional<store::DeviceToken> open_device_token(
    std::string_view token, const domain::UserRef& user, Vault& vault);

} // namespace mfad::service
