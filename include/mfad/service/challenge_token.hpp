#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/challenge_store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mfad::service {

/// What the token of a challenge says.
struct HeldChallenge : store::ChallengeRef {
    platform::UnixMillis ends{};
    bool strong = false; ///< as wished for
};

/// The token: base64url, sealed, at most 512 characters.
std::string challenge_token(const HeldChallenge& challenge, Vault& vault);

/// The challenge that a token names, open or over, but not for long. @param tenant empty: of any
/// @return nothing for what is no token of ours, or another tenant's
std::optional<HeldChallenge> open_challenge_token(
    std::string_view token, std::string_view tenant, Vault& vault);

} // namespace mfad::service
