#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/domain/settings_change.hpp"
#include "mfad/store/context.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mfad::store {

/// An address as it is stored: sealed for its user, with the digest that finds it and tells whether
/// it changed.
struct StoredAddress {
    std::string sealed; ///< empty: no address
    std::string digest; ///< 12 bytes; empty: no address
};

/// What the tenant says of a user. What is absent stays as it is; a new user starts with the
/// tenant's default.
struct UserRecord {
    domain::UserRef user;
    std::optional<StoredAddress> address;
    std::optional<std::string> locale; ///< empty: none
    std::optional<domain::FactorSet> allowed;
    std::optional<domain::FactorSet> enabled;
    domain::SettingsChange::Restriction change_restricted =
        domain::SettingsChange::Restriction::keep;
    /// Absent: as it is; a time of 0 ms: never.
    std::optional<platform::UnixMillis> last_auth_time;
    bool only_if_new = false;
};

/// How to reach a user, and which link he may follow.
struct Contact {
    StoredAddress address;
    std::string locale;
    std::string current_link; ///< id of the last link made for him; empty: none
};

/// Users' own data, beside their settings.
class UserStore {
public:
    enum class Put : std::uint8_t { unchanged = 0, created = 1, changed = 2, no_such_tenant = 3 };

    explicit UserStore(const Context& context) : context_(context) {}

    /// The look-up of the address is written first: whoever finds a user by it compares his digest.
    runtime::Awaitable<Put> put(const UserRecord& record) const;

    /// @return nothing when there is no such user
    runtime::Awaitable<std::optional<Contact>> contact(const domain::UserRef& user) const;

    runtime::Awaitable<bool> exists(const domain::UserRef& user) const;

    /// The users of a tenant whose address has this digest; more than one may share an address.
    runtime::Awaitable<std::vector<std::string>> find_by_address(
        const std::string& tenant, const std::string& digest) const;

private:
    runtime::Awaitable<void> index_address(
        const domain::UserRef& user, const std::string& digest) const;

    const Context& context_;
};

} // namespace mfad::store
