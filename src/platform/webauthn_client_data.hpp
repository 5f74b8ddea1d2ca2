#pragma once

#include "mfad/platform/webauthn.hpp"

#include <optional>
#include <string_view>

namespace mfad::platform {

/// What `expected` objects to in the client data (section 5.8.1), whose type has to be `type`.
std::optional<WebauthnFault> check_client_data(
    std::string_view json, std::string_view type, const CeremonyExpectations& expected);

} // namespace mfad::platform
