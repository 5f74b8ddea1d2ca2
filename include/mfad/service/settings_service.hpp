#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/domain/settings_change.hpp"
#include "mfad/service/call.hpp"
#include "mfad/service/enrollment.hpp"
#include "mfad/service/limit_context.hpp"
#include "mfad/store/passkey_index.hpp"
#include "mfad/store/settings_store.hpp"
#include "mfad/store/user_store.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mfad::service {

/// The refusal that a change's status other than `done` amounts to.
domain::Refusal::Code refusal_code(domain::ChangeStatus status);

/// What a change of one user's settings came to.
struct Changed {
    domain::MfaState before;
    domain::MfaState after;
    std::string link; ///< URL of the link that was made; empty: none
    platform::UnixMillis link_ends{};
};

/// Reads and changes settings for every dialect. Each write is one script and one round trip; what
/// limits counted is added to the call, whether the change was done or refused.
class SettingsService {
public:
    using Outcome = domain::Result<void>;

    /// @param policies on writes to one user's settings; none: limits are off
    /// @param limits has to outlive it
    /// @param wake  called when a mail became due, so that a worker in this process need not wait
    ///   for its next look
    SettingsService(
        const store::Context& context, Enrollment& enrollment, Vault& vault,
        std::vector<domain::RatePolicy> policies, KeyLifetimes key_lifetimes, LimitContext& limits,
        std::function<void()> wake);

    /// From now on with these limits on writes to a user.
    void use_limits(std::vector<domain::RatePolicy> policies);

    /// The state of a user of the call's tenant.
    runtime::Awaitable<domain::Result<domain::MfaState>> read(
        const Call& call, const std::string& user);

    runtime::Awaitable<domain::Result<Changed>> change(
        Call& call, const std::string& user, const domain::SettingsChange& change);

    /// Changes several users, or none of them. `no_such_user` names the one at fault in `field`.
    runtime::Awaitable<Outcome> change_many(
        Call& call, std::span<const std::string> users, const domain::SettingsChange& change);

    /// Allows email to every user there is, or disallows them everything.
    runtime::Awaitable<Outcome> set_all(Call& call, bool allow);

    runtime::Awaitable<domain::Result<domain::TenantRules>> tenant_rules(const Call& call);

    /// From the store, as whoever has just written it expects; a cached tenant may be behind.
    runtime::Awaitable<domain::Result<store::ProjectRecord>> project(const Call& call);

    runtime::Awaitable<Outcome> change_tenant(Call& call, const store::TenantChange& change);

    /// Keeps a request that was refused for its own content from sharing its idempotency key with
    /// another one.
    /// @return the refusal, or `key_reused`
    runtime::Awaitable<domain::Refusal> refused(const Call& call, domain::Refusal refusal);

    /// The partition where work on a user of the call's tenant is done; for no user: the tenant's
    /// own.
    unsigned partition(const Call& call, const std::string& user) const;

    /// The user of the call's tenant with this address: the caller himself, or with `permission`
    /// any other.
    /// @return `no_such_user` when the caller himself is gone; `forbidden` without the
    ///   permission, whether or not there is such a user; `invalid` for an
    ///   address of none or several
    runtime::Awaitable<domain::Result<std::string>> user_by_email(
        const Call& call, std::string_view email, domain::Permission permission);

    runtime::Awaitable<bool> user_exists(const Call& call, const std::string& user);

private:
    using Policies = std::vector<domain::RatePolicy>;

    std::optional<store::Idempotency> idempotency(const Call& call) const;
    /// The refusal of a write whose limits are known to have no room; the store would look at them
    /// first, too.
    std::optional<domain::Refusal> denied(
        Call& call, const domain::UserRef& user, Denials::Time now);
    /// Adds what the limits said to the call, and counts it.
    void note(
        Call& call, const Policies& policies, const std::vector<domain::RateVerdict>& verdicts,
        bool shed);
    Changed changed_by(
        const Call& call, const domain::SettingsChange& change, store::ChangeOutcome& outcome,
        NewLink& link) const;
    /// Whether the user, who asks for himself, comes into being if he is not there.
    bool may_provision(const Call& call, const std::string& user) const;
    runtime::Awaitable<bool> provision(const Call& call, const std::string& user);

    const store::Context& context_;
    store::SettingsStore settings_;
    store::UserStore users_;
    store::PasskeyIndex passkeys_;
    Enrollment& enrollment_;
    Vault& vault_;
    KeyLifetimes key_lifetimes_;
    std::shared_ptr<const Policies> policies_; ///< a change keeps those that it began with
    LimitContext& limits_;
    std::function<void()> wake_;
};

} // namespace mfad::service
