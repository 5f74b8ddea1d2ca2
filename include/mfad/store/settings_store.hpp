#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/domain/rate_limit.hpp"
#include "mfad/domain/settings_change.hpp"
#include "mfad/store/context.hpp"
#include "mfad/store/idempotency.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mfad::store {

/// A link that a change may owe a user, and the mail that brings it.
struct LinkOrder {
    std::string id;  ///< names the link's record; says nothing of its token
    std::string job; ///< sealed mail job, its class digit first
};

/// Everything that goes with a change of settings.
struct ChangeOrder {
    const domain::SettingsChange& change;
    std::span<const domain::RatePolicy>
        policies;             ///< on writes to the one user; 0..2, none for several users
    domain::RatePolicy links; ///< send budget of link mails
    std::chrono::milliseconds link_lifetime{0};
    std::span<const LinkOrder>
        orders; ///< one for each user when the change may make links, else none
    const Idempotency* idempotency = nullptr;
    std::string removal_notice{}; ///< sealed mail, when the change removes factors (of one user)
};

enum class LinkOutcome : std::uint8_t { none = 0, mailed = 1, made = 2, over_budget = 3 };
enum class LinkKind : std::uint8_t { none = 0, enroll = 1, verify = 2 };

/// What became of a change for one user.
struct ChangeOutcome {
    domain::ChangeStatus status = domain::ChangeStatus::done;
    domain::MfaState before;
    domain::MfaState after;
    LinkOutcome link = LinkOutcome::none;
    LinkKind kind = LinkKind::none;
    platform::UnixMillis link_ends{};
    std::vector<domain::RateVerdict> verdicts; ///< one for each policy; none in a replay
    Replay replay = Replay::fresh;
    std::string supplement; ///< of the first answer, when replayed
};

/// What became of a change for several users: for all of them, or for none.
struct BulkOutcome {
    domain::ChangeStatus status = domain::ChangeStatus::done;
    std::size_t at = 0; ///< 0-based: the user whom the status is about
    Replay replay = Replay::fresh;
};

/// What became of a write that holds for a whole tenant.
struct TenantOutcome {
    domain::ChangeStatus status =
        domain::ChangeStatus::done; ///< done, no_such_tenant or not_allowed
    Replay replay = Replay::fresh;
    bool outdated = false; ///< nothing was done: the document is not the expected one any more
};

/// What a tenant-wide write replaces.
struct TenantChange {
    bool create = false;           ///< makes the tenant if it is not there
    domain::FactorSet policy_mask; ///< which bits of the policy are replaced
    domain::FactorSet policy_value;
    std::optional<domain::DefaultSetting> default_setting;
    domain::FactorSet must_be_in_policy;
    std::optional<std::uint32_t>
        options;                   ///< bits: 1 default_applies_unset, 2 verified_addresses_only
    std::string expected_document; ///< done only while the record's document is this; empty: any
    /// Fields of the tenant's record; an empty value removes the field.
    std::vector<std::pair<std::string, std::string>> fields;
};

/// What an Xsolla project offers: its tenant's rules, and the fields that are that dialect's alone.
struct ProjectRecord {
    domain::TenantRules rules;
    std::string mfa_url;
    std::string priority;
};

/// Settings of users and tenants. One call, one script, one round trip.
class SettingsStore {
public:
    explicit SettingsStore(const Context& context) : context_(context) {}

    /// @return nothing when there is no such user or tenant
    runtime::Awaitable<std::optional<domain::MfaState>> read(const domain::UserRef& user) const;

    runtime::Awaitable<ChangeOutcome> change(
        const domain::UserRef& user, const ChangeOrder& order) const;

    /// @param users 1 or more, each once
    runtime::Awaitable<BulkOutcome> change_many(
        const std::string& tenant, std::span<const std::string> users,
        const ChangeOrder& order) const;

    /// Allows email to all users of a tenant or disallows them everything, in O(partitions).
    runtime::Awaitable<TenantOutcome> set_all(
        const std::string& tenant, bool allow, const Idempotency* idempotency) const;

    runtime::Awaitable<TenantOutcome> change_tenant(
        const std::string& tenant, const TenantChange& change,
        const Idempotency* idempotency) const;

    /// @return nothing when there is no such tenant
    runtime::Awaitable<std::optional<domain::TenantRules>> rules(const std::string& tenant) const;
    runtime::Awaitable<std::optional<ProjectRecord>> project(const std::string& tenant) const;

    /// Binds an idempotency key to a request that was refused for its own content.
    /// @return false: the key belongs to another request
    runtime::Awaitable<bool> note_refusal(const Idempotency& idempotency) const;

private:
    const Context& context_;
};

} // namespace mfad::store
