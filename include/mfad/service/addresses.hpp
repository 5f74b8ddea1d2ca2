#pragma once

#include "mfad/domain/email_address.hpp"
#include "mfad/domain/identity.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/mail_limit_store.hpp"
#include "mfad/store/user_store.hpp"

#include <optional>
#include <string>

/// Email addresses as they are stored: sealed for their user, found by a keyed digest.
namespace mfad::service {

store::StoredAddress seal_address(
    const domain::EmailAddress& address, const domain::UserRef& user, Vault& vault);

/// Gives a record that brings an address the notice to the one before.
void add_moved_notice(store::UserRecord& record, Vault& vault);

/// @return nothing when there is none; a sealed one that does not open is `store::Corrupt`
std::optional<domain::EmailAddress> open_address(
    const store::StoredAddress& stored, const domain::UserRef& user, Vault& vault);

/// The digest by which a tenant's users with this address are found, 12 bytes.
std::string address_digest(
    const domain::EmailAddress& address, const std::string& tenant, Vault& vault);

/// Whom a mail of a tenant's to this address counts for.
store::MailSubject mail_subject(
    const domain::EmailAddress& address, const std::string& tenant, Vault& vault);

} // namespace mfad::service
