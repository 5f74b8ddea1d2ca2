#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/platform/clock.hpp"
#include "mfad/platform/webauthn.hpp"
#include "mfad/service/vault.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::service {

/// A passkey as it is stored. All but counter, backup state and last use lies sealed; these are
/// written at every sign-in.
struct Passkey {
    std::string credential_id; ///< 1..1023 bytes
    std::string public_key;    ///< COSE
    std::string user_handle;   ///< 1..64 bytes, that name its user to the authenticator
    std::string rp_id;         ///< what it is bound to
    std::string aaguid;        ///< 16 bytes: the model, as far as anybody vouches for it
    std::vector<std::string> transports;
    std::string label; ///< what its user calls it
    platform::Attestation attestation = platform::Attestation::none;
    platform::UnixMillis created{};
    bool backup_eligible = false; ///< may leave its device; never changes
    bool strong = false; ///< bound as the first factor or under fresh proof: worth more than AAL1

    std::uint32_t sign_count = 0;
    bool backed_up = false;
    std::optional<platform::UnixMillis> last_used;
};

/// By what a passkey is found and named: the first 16 bytes of its credential id's SHA-256.
std::string passkey_tag(std::string_view credential_id);

/// The id of a passkey as a factor: `passkey_` and its tag in base64url.
std::string passkey_factor_id(std::string_view tag);
/// @return nothing for what is no such id
std::optional<std::string> tag_of_factor_id(std::string_view factor_id);

/// A passkey for its field of the user's record. @param slot of `store::FactorStore::passkeys`
std::string seal_passkey(
    const Passkey& passkey, std::size_t slot, const domain::UserRef& user, Vault& vault);

/// @return nothing for an empty field
/// @throws store::Corrupt for what we did not seal for this place
std::optional<Passkey> open_passkey(
    std::string_view stored, std::size_t slot, const domain::UserRef& user, Vault& vault);

/// Those of a user, of his record's fields in the order of the slots.
std::vector<Passkey> open_passkeys(
    std::span<const std::string> fields, const domain::UserRef& user, Vault& vault);

/// A stored passkey after it was used.
std::string used_passkey(
    std::string_view stored, const platform::Assertion& use, platform::UnixMillis at);

/// The slot of the passkey with this tag among the fields of `store::FactorStore::passkeys`.
std::optional<std::size_t> slot_of_passkey(
    std::span<const std::string> fields, std::string_view tag);

} // namespace mfad::service
