#pragma once

#include "mfad/domain/relying_party.hpp"
#include "mfad/platform/webauthn.hpp"
#include "mfad/platform/webauthn_json.hpp"
#include "mfad/service/passkeys.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The two ends of a registration: what a browser is asked for, and what its answer is held
/// against.
namespace mfad::service {

/// An offer of a passkey that waits for a browser.
struct PendingPasskey {
    std::string challenge;
    std::string user_handle;
    std::string rp_id;
    platform::UnixMillis created{};
};

std::string seal_pending(const PendingPasskey& pending, const domain::UserRef& user, Vault& vault);

/// @return nothing for an empty field @throws store::Corrupt for what we did not seal
std::optional<PendingPasskey> open_pending(
    std::string_view sealed, const domain::UserRef& user, Vault& vault);

/// @param bound passkeys that the user has already
platform::CreationOptions creation_options(
    const domain::RelyingParty& party, const PendingPasskey& pending, std::string_view account,
    std::span<const Passkey> bound);

platform::RegistrationExpectations expectations(
    const domain::RelyingParty& party, const PendingPasskey& pending, platform::UnixMillis now);

/// What is to be stored of a passkey that was made; without label and strength.
Passkey made_of(
    const platform::Registration& registration, std::vector<std::string> transports,
    PendingPasskey pending);

} // namespace mfad::service
