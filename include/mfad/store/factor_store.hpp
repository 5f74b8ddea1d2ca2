#pragma once

#include "mfad/domain/factor.hpp"
#include "mfad/domain/identity.hpp"
#include "mfad/domain/settings.hpp"
#include "mfad/store/audit_store.hpp"
#include "mfad/store/context.hpp"

#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mfad::store {

/// What became of the binding or unbinding of factors. The values are the scripts'.
enum class FactorStatus : std::uint8_t {
    done = 0,
    no_such_tenant = 1,
    no_such_user = 2,
    restricted = 4,
    none_bound = 5,
    not_allowed = 7,
    proof_too_old = 9,
    pending_gone = 10, ///< what was to be confirmed is not there any more, or another one is
    outdated = 11,     ///< something was not as it was read
};

struct FactorOutcome {
    FactorStatus status = FactorStatus::no_such_user;
    domain::MfaState after; ///< when done
};

/// A factor that is bound, and what is written with it.
struct FactorOrder {
    domain::FactorType factor = domain::FactorType::totp;
    bool by_himself = false; ///< restriction and fresh proof count
    bool invited = false;    ///< and yet restriction does not: a server's link leads here
    Actor by = Actor::host;  ///< for the audit
    bool enable = false;     ///< switched on as well
    std::string notice;      ///< sealed mail
    std::string pending_field;
    std::string pending_value; ///< must be what it was
    std::vector<std::pair<std::string, std::string>> values;
};

struct RemovalOrder {
    domain::FactorSet factors;
    domain::FactorSet disable;
    bool by_himself = false;
    Actor by = Actor::host;             ///< for the audit
    bool forget_authentication = false; ///< a reset: remembered devices go, too
    bool authenticated = false; ///< a reset by himself, which counts as his last authentication
    bool must_be_bound = false; ///< `none_bound` when none is
    std::string notice;
    std::vector<std::string> fields; ///< at least one
    std::string expected_field;      ///< must begin with this, or `none_bound`; empty: nothing
    std::string expected_begin;
    std::vector<std::string> others; ///< while one of these fields is there, the factors stay bound
};

/// A field of a user's record: as it was read, and as it is to be; empty: not there.
struct FieldChange {
    std::string name;
    std::string before;
    std::string after;
};

/// What is stored of a user's factors: fields of his record (`Keys::user`), whose content is the
/// caller's.
class FactorStore {
public:
    static constexpr const char* totp = "T";         ///< sealed key
    static constexpr const char* totp_step = "S";    ///< last step that was accepted
    static constexpr const char* totp_pending = "N"; ///< sealed key that waits for its first code
    static constexpr const char* recovery_codes = "R";
    static constexpr const char* imported_codes = "H";  ///< sealed hashes, made elsewhere
    static constexpr const char* used_codes = "V";      ///< marks of used recovery codes
    static constexpr const char* passkey_pending = "W"; ///< sealed offer of a passkey
    /// A passkey each; a user has no more than there are fields.
    static constexpr std::array<const char*, 10> passkeys{"P0", "P1", "P2", "P3", "P4",
                                                          "P5", "P6", "P7", "P8", "P9"};

    explicit FactorStore(const Context& context) : context_(context) {}

    /// The fields in this order, empty where there is none.
    runtime::Awaitable<std::vector<std::string>> fields(
        const domain::UserRef& user, std::span<const std::string> names) const;

    /// Writes a field, of a user who exists. @return whether he does
    runtime::Awaitable<bool> put_pending(
        const domain::UserRef& user, const std::string& field, const std::string& value) const;

    runtime::Awaitable<FactorOutcome> put(
        const domain::UserRef& user, const FactorOrder& order) const;

    /// Takes over factors from elsewhere. @param bound that are bound afterwards
    /// @return done, no_such_tenant, no_such_user; outdated: nothing was done
    runtime::Awaitable<FactorStatus> import(
        const domain::UserRef& user, domain::FactorSet bound,
        std::span<const FieldChange> changes) const;

    runtime::Awaitable<FactorOutcome> remove(
        const domain::UserRef& user, const RemovalOrder& order) const;

    /// Writes a passkey in place of what was read of it, and ends an attempt in flight.
    /// @return whether it was still that
    runtime::Awaitable<bool> replace_passkey(
        const domain::UserRef& user, std::size_t slot, const std::string& read,
        const std::string& value) const;

private:
    const Context& context_;
};

} // namespace mfad::store
