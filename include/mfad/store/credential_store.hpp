#pragma once

#include "mfad/domain/credential.hpp"
#include "mfad/store/context.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::store {

/// The name under which a secret is stored: SHA-256 of it, hexadecimal.
std::string credential_digest(std::string_view secret);

/// A person's account in the panel of a tenant, for Navixy's `panel/account/auth`.
struct PanelAccount {
    std::string login;
    std::string tenant;
    std::string password_hash; ///< Argon2id
    domain::Permissions permissions;
    std::string permissions_json;
};

/// A sign-in attempt that was counted, or was one too many.
struct AttemptTaken {
    std::string name;                  ///< 16 random bytes
    std::chrono::milliseconds wait{0}; ///< until another one is allowed; 0: this one is
};

/// Reads a panel account as it is stored under `Keys::panel_account`. @throws Corrupt
PanelAccount read_panel_account(const std::string& login, std::string_view record);

/// Credentials and panel accounts. What is read on every request is read through a cache
/// (service/).
class CredentialStore {
public:
    explicit CredentialStore(const Context& context) : context_(context) {}

    /// @return nothing when it is unknown; an expired one may still be returned
    runtime::Awaitable<std::optional<domain::Credential>> find(const std::string& digest) const;

    /// Stores or replaces; Redis drops it when it expires. The id is made from the digest.
    runtime::Awaitable<void> put(
        const std::string& digest, const domain::Credential& credential) const;

    /// @return whether it was there
    runtime::Awaitable<bool> remove(const std::string& digest) const;

    /// All credentials, of one tenant if one is named. Reads every key of the database: for the
    /// command line.
    runtime::Awaitable<std::vector<domain::Credential>> list(const std::string& tenant) const;

    /// The digests that begin with this id. Reads every key of the database: for the command line.
    runtime::Awaitable<std::vector<std::string>> digests_of(const std::string& id) const;

    runtime::Awaitable<std::optional<PanelAccount>> panel_account(const std::string& login) const;

    /// @return false: the login belongs to another tenant
    runtime::Awaitable<bool> put_panel_account(const PanelAccount& account) const;

    /// Counts a sign-in attempt before its password is checked.
    /// @return how long to wait when there were too many failures; 0 when it may go on
    runtime::Awaitable<AttemptTaken> take_attempt(
        const std::string& login, unsigned limit, std::chrono::milliseconds period) const;
    /// Takes an attempt back that came to no verdict.
    runtime::Awaitable<void> forget_attempt(
        const std::string& login, const std::string& name) const;

    /// Forgets the failures of a login that has signed in.
    runtime::Awaitable<void> clear_attempts(const std::string& login) const;

private:
    const Context& context_;
};

} // namespace mfad::store
