#pragma once

#include "mfad/domain/challenge.hpp"
#include "mfad/domain/refusal.hpp"
#include "mfad/domain/totp.hpp"
#include "mfad/service/factor_view.hpp"
#include "mfad/service/passkeys.hpp"
#include "mfad/store/factor_store.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::service {

/// An authenticator app as it is stored, sealed.
struct TotpFactor {
    domain::TotpKey key;
    std::string label; ///< what its user calls it
    platform::UnixMillis created{};
    bool strong = false; ///< bound as the first factor or under fresh proof: worth more than AAL1
    std::int32_t drift = 0; ///< of an imported one: steps that its clock is ahead of ours
};

/// What a new authenticator app needs; shown once.
struct TotpOffer {
    std::string secret; ///< base32, to be typed
    std::string uri;    ///< otpauth://…, to be scanned
    platform::UnixMillis ends{};
};

/// The factors of a user: binding, showing and removing them. One object a thread.
///
/// One authenticator app and one set of recovery codes a user; a new one takes the place of the
/// old; several passkeys. Each change owes the user a notice, in the same step.
class Factors {
public:
    static constexpr std::chrono::minutes pending_lifetime{10};
    static constexpr std::size_t max_label = 64; ///< bytes

    /// @param wake called when a mail is owed
    Factors(const store::Context& context, Vault& vault, std::function<void()> wake);

    /// What is bound, in the order of the types. @param bound what is usable of a user who exists
    runtime::Awaitable<std::vector<FactorView>> list(
        const domain::UserRef& user, domain::FactorSet bound);

    /// Makes a key for an authenticator app, which waits for its first code.
    /// @param issuer, account what the app shows
    /// @return `no_such_user`
    runtime::Awaitable<domain::Result<TotpOffer>> offer_totp(
        const domain::UserRef& user, std::string_view issuer, std::string_view account,
        std::string_view label);

    /// Binds the app whose first code this is, and switches TOTP on. That code is spent.
    /// @return `wrong_code`, `invalid` (code) for what cannot be one, `expired` when nothing waits
    ///   (any more), `factor_not_allowed`, `restricted`, `proof_too_old`, `no_such_user`
    /// @param secret base32 text that has to be the key that waits, or `invalid` (secret)
    /// @param label what its user calls it now; absent: as it was offered
    runtime::Awaitable<domain::Result<domain::MfaState>> confirm_totp(
        const domain::UserRef& user, std::string_view code, Asker asker,
        std::optional<std::string_view> secret = std::nullopt,
        std::optional<std::string_view> label = std::nullopt);

    /// Makes a new set of recovery codes, in place of any old one; they are shown once, here.
    runtime::Awaitable<domain::Result<std::vector<std::string>>> renew_recovery_codes(
        const domain::UserRef& user, Asker asker);

    /// Unbinds a factor by its id, and switches its type off; `passkey` unbinds all of them.
    /// @return `not_enrolled` when there is none of this id
    runtime::Awaitable<domain::Result<void>> remove(
        const domain::UserRef& user, std::string_view factor_id, Asker asker);

    /// Unbinds everything and forgets failures and the last authentication; what is switched on
    /// stays, so that the user has to enroll anew. His remembered devices are forgotten.
    runtime::Awaitable<domain::Result<void>> reset(
        const domain::UserRef& user, store::Actor by = store::Actor::host);

    /// Unbinds what a user may have lost: everything but his address. He has just shown two other
    /// methods of his, which counts as his last authentication.
    runtime::Awaitable<domain::Result<void>> reset_lost(const domain::UserRef& user);

    Passkeys& passkeys() { return passkeys_; }

private:
    /// Unbinds factors of which passkeys may be some, and what leads to these.
    runtime::Awaitable<domain::Result<void>> unbind(
        const domain::UserRef& user, const store::RemovalOrder& order);

    store::FactorStore factors_;
    Passkeys passkeys_;
    Vault& vault_;
    std::function<void()> wake_;
};

/// What a reset of lost factors unbinds, and the fields of the user's record that go with it.
inline constexpr domain::FactorSet lost_factors = domain::FactorSet(domain::FactorType::totp) |
                                                  domain::FactorType::passkey |
                                                  domain::FactorType::recovery_code;
std::vector<std::string> lost_factor_fields();

/// A user's app as it is stored.
std::string seal_totp(const TotpFactor& factor, const domain::UserRef& user, Vault& vault);

/// The sealed key of a user's app, opened. @return nothing for an empty field
/// @throws store::Corrupt for what we did not seal
std::optional<TotpFactor> open_totp(
    std::string_view sealed, const domain::UserRef& user, Vault& vault);

/// The keys that digests of a user's recovery codes are made with: under the pepper in use first,
/// then under all others.
std::vector<std::string> recovery_keys(const domain::UserRef& user, Vault& vault);

/// By what a recovery code is found among the stored ones: 16 bytes, under each pepper.
std::vector<std::string> recovery_digests(
    std::string_view code, const domain::UserRef& user, Vault& vault);

} // namespace mfad::service
