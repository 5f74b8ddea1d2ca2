#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/domain/settings_change.hpp"
#include "mfad/store/audit_store.hpp"
#include "mfad/store/context.hpp"
#include "mfad/store/idempotency.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
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
    bool own_setting = true;       ///< what is set is for him alone, as opposed to a default
    bool address_verified = false; ///< by us, as opposed to as it is
    std::int64_t version = -1;     ///< of a new user's settings; -1: the first
    bool only_if_new = false;
    bool may_be_created = true; ///< by whoever asks …
    bool may_be_changed = true;
    Actor by = Actor::host;
    /// Sealed mail to the address that he had before, and its id (16 bytes); with an address.
    std::string moved_notice;
    std::string moved_notice_id;
};

/// How to reach a user, and which link he may follow.
struct Contact {
    StoredAddress address;
    std::string locale;
    std::string current_link; ///< id of the last link made for him, with a plus before it when
                              ///< it was used; empty: none
};

/// What became of the removal of a user.
struct Removal {
    domain::ChangeStatus status = domain::ChangeStatus::done; ///< or no_such_user
    Replay replay = Replay::fresh;
};

/// Some of a tenant's users.
struct UserBatch {
    std::vector<std::string> users;
    std::string cursor; ///< where it goes on; empty: that was the last
};

/// Users' own data, beside their settings.
class UserStore {
public:
    enum class Put : std::uint8_t {
        unchanged = 0,
        created = 1,
        changed = 2,
        no_such_tenant = 3,
        not_permitted = 4,
    };
    struct PutOutcome {
        Put put = Put::unchanged;
        Replay replay = Replay::fresh;
    };

    explicit UserStore(const Context& context) : context_(context) {}

    /// The look-up of the address is written first: whoever finds a user by it compares his digest.
    runtime::Awaitable<Put> put(const UserRecord& record) const;
    runtime::Awaitable<PutOutcome> put(
        const UserRecord& record, const Idempotency* idempotency) const;

    /// Has a user found by an address, again. A removal at the same time may have taken the look-up
    /// of one who was created meanwhile.
    runtime::Awaitable<void> index_address(
        const domain::UserRef& user, const std::string& digest) const;

    /// Removes a user, his links, his look-up and the credentials that speak for him.
    runtime::Awaitable<Removal> remove(
        const domain::UserRef& user, const Idempotency* idempotency) const;

    /// The address that a user had before, sealed, for the notice of its change.
    /// @param job_id of that notice @return empty when it is not kept any more
    runtime::Awaitable<std::string> old_address(
        const domain::UserRef& user, const std::string& job_id) const;

    /// @return nothing when there is no such user
    runtime::Awaitable<std::optional<Contact>> contact(const domain::UserRef& user) const;

    /// @return for each user, nothing where there is none
    runtime::Awaitable<std::vector<std::optional<Contact>>> contacts(
        const std::string& tenant, std::span<const std::string> users) const;

    runtime::Awaitable<bool> exists(const domain::UserRef& user) const;

    /// The users of a tenant whose address has this digest; more than one may share an address.
    runtime::Awaitable<std::vector<std::string>> find_by_address(
        const std::string& tenant, const std::string& digest) const;

    /// Goes on through the tenant's users, in no order; one may come twice, and whoever is there
    /// all the while comes at least once. Looks at a bounded number of keys of the whole database,
    /// so that a batch may be empty before the last.
    /// @param cursor empty: from the beginning; else as the last batch had it
    runtime::Awaitable<UserBatch> list(const std::string& tenant, const std::string& cursor) const;

private:
    runtime::Awaitable<void> forget_credentials(std::string_view digests) const;
    runtime::Awaitable<void> forget_address(
        const domain::UserRef& user, const std::string& digest) const;
    const Context& context_;
};

} // namespace mfad::store
