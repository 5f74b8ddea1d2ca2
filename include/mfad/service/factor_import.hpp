#pragma once

#include "mfad/domain/otpauth_migration.hpp"
#include "mfad/domain/refusal.hpp"
#include "mfad/domain/totp.hpp"
#include "mfad/service/imported_codes.hpp"
#include "mfad/service/passkey.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/factor_store.hpp"
#include "mfad/store/passkey_index.hpp"
#include "mfad/store/user_store.hpp"

#include <boost/json/fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

/// Factors that were bound elsewhere (docs/import.md, "factors").
namespace mfad::service {

/// Failures in a row, as another installation counted them.
struct ImportedFailures {
    unsigned count = 0;
    platform::UnixMillis last{};
};

struct ImportedTotp {
    domain::TotpKey key;
    std::string label;
    std::optional<platform::UnixMillis> created;
    std::optional<std::int64_t> last_step;
    std::optional<std::int32_t> drift;
    std::optional<bool> strong; ///< absent: if it is the first factor beside email
    ImportedFailures failures;
};

struct ImportedRecovery {
    ImportedCodes set;
    ImportedFailures failures;
};

struct ImportedPasskey {
    Passkey passkey;
    std::optional<bool> strong; ///< absent: if it is the first factor beside email
};

/// A line `factors`: what one user has.
struct ImportedFactors {
    domain::UserRef user;
    std::optional<ImportedFailures> email; ///< the address itself is in the user's line
    std::optional<ImportedTotp> totp;
    std::optional<ImportedRecovery> recovery;
    std::vector<ImportedPasskey> passkeys;
};

/// A line `otpauth_migration`: what an authenticator app hands over of several users.
struct ImportedMigration {
    std::string tenant;
    domain::OtpauthMigration content;
    /// Users by `issuer:account` or account; nothing: the entry is passed over.
    std::map<std::string, std::optional<std::string>, std::less<>> users;
};

domain::Result<ImportedFactors> read_factors_line(const boost::json::object& object);
domain::Result<ImportedMigration> read_migration_line(const boost::json::object& object);

/// Applies lines with factors to users who exist, each line any number of times with the same end.
///
/// What is bound already is brought forward alone: a TOTP step never moves back, and no used
/// recovery code comes back, not even after its set was removed. Another app or other codes in the
/// place of those that a user has are refused.
class FactorImporter {
public:
    FactorImporter(const store::Context& context, Vault& vault)
        : factors_(context), passkeys_(context), users_(context), vault_(vault) {}

    /// @return why nothing of it was applied
    runtime::Awaitable<domain::Result<void>> apply(const ImportedFactors& line);
    runtime::Awaitable<domain::Result<void>> apply(const ImportedMigration& line);

private:
    struct Plan {
        domain::FactorSet bound;
        std::vector<store::FieldChange> changes;
        std::vector<std::string> claims; ///< tags of passkeys that are new to the user
    };
    runtime::Awaitable<domain::Result<Plan>> plan(const ImportedFactors& line);
    domain::Result<void> plan_totp(
        const ImportedTotp& totp, const domain::UserRef& user, domain::FactorSet enrolled,
        Plan& plan);
    domain::Result<void> plan_recovery(
        const ImportedRecovery& recovery, const domain::UserRef& user, Plan& plan);
    domain::Result<void> plan_passkeys(
        const ImportedFactors& line, domain::FactorSet enrolled, Plan& plan);
    /// Has the passkeys lead to the user; to none of them when one is another's.
    runtime::Awaitable<domain::Result<void>> claim_passkeys(
        const domain::UserRef& user, const std::vector<std::string>& tags);
    runtime::Awaitable<domain::Result<std::string>> user_of(
        const ImportedMigration& line, const domain::MigratedEntry& entry);

    store::FactorStore factors_;
    store::PasskeyIndex passkeys_;
    store::UserStore users_;
    Vault& vault_;
};

} // namespace mfad::service
