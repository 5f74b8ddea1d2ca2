#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/service/factor_import.hpp"
#include "mfad/service/tenants.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/credential_store.hpp"
#include "mfad/store/user_store.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <variant>

/// The NDJSON of `mfad import`, line by line.
namespace mfad::service {

struct ImportedUser {
    store::UserRecord record;
    std::optional<std::string> email; ///< as given; empty: none from now on; absent: as it is
};

struct ImportedCredential {
    std::string digest;
    domain::Credential credential;
};

struct ImportedAccount {
    store::PanelAccount account; ///< its hash is empty while `password` is to be hashed
    std::string password;
};

using ImportLine = std::variant<
    TenantDefinition, ImportedUser, ImportedCredential, ImportedAccount, ImportedFactors,
    ImportedMigration>;

/// Reads one line. Whatever is wrong is named by its dotted path in `field`.
domain::Result<ImportLine> read_import_line(std::string_view text);

/// In which order the lines of a file are applied, whatever their places in it: each needs what
/// those of the passes before it made.
enum class ImportPass : std::uint8_t {
    keys, ///< of encrypted lines (service/transfer_key.hpp)
    tenants,
    users, ///< and credentials, panel accounts, and what cannot be read
    factors,
};
inline constexpr std::size_t import_passes = 4;

ImportPass pass_of(std::string_view line);

/// Whether a secret's digest is known to be public, and must not come into use here.
using IsPublicSecret = std::function<bool(std::string_view digest)>;

/// Applies lines to the store, each by itself and each any number of times with the same end.
class Importer {
public:
    /// @param is_public refuses credentials and passwords that everybody knows; empty: none
    Importer(const store::Context& context, Vault& vault, IsPublicSecret is_public);

    /// @return why nothing of the line was applied
    runtime::Awaitable<domain::Result<void>> apply(const ImportLine& line);

private:
    runtime::Awaitable<domain::Result<void>> apply_user(const ImportedUser& user);
    runtime::Awaitable<domain::Result<void>> apply_credential(const ImportedCredential& line);
    runtime::Awaitable<domain::Result<void>> apply_account(const ImportedAccount& line);
    runtime::Awaitable<bool> tenant_exists(const std::string& tenant);

    TenantRepository tenants_;
    store::SettingsStore settings_;
    store::UserStore users_;
    store::CredentialStore credentials_;
    FactorImporter factors_;
    Vault& vault_;
    IsPublicSecret is_public_;
};

} // namespace mfad::service
