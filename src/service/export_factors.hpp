#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/service/vault.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mfad::service {

/// The fields of a user's record that an export is made of, in this order.
namespace export_fields {

enum Field : std::size_t {
    settings,
    seen,
    version,
    last_auth,
    address,
    address_digest,
    locale,
    totp,
    totp_step,
    recovery_codes,
    imported_codes,
    email_failures,
    totp_failures,
    code_failures,
    first_passkey, ///< the slots of passkeys
};
std::span<const std::string> names();

} // namespace export_fields

/// The line `factors` of a user; nothing when he has none.
std::optional<std::string> factors_line(
    const domain::UserRef& user, const std::vector<std::string>& fields, Vault& vault);

} // namespace mfad::service
