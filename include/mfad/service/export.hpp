#pragma once

#include "mfad/service/tenants.hpp"
#include "mfad/service/transfer_key.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/credential_store.hpp"
#include "mfad/store/factor_store.hpp"
#include "mfad/store/scan_store.hpp"
#include "mfad/store/settings_store.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// The NDJSON of `mfad export`, which `mfad import` takes (docs/export.md).
namespace mfad::service {

/// Writes what the store holds, line by line, with a bounded number of records at hand. It is no
/// snapshot: what is changed meanwhile is there as it was or as it is.
class Exporter {
public:
    using Write = std::function<void(std::string_view line)>;

    /// @param key encrypts tenants with secrets, and factors; null: there are no lines of factors
    Exporter(const store::Context& context, Vault& vault, TransferKey* key, Write write);

    /// @param tenant empty: all @param factors whether those are written as well; takes a key
    /// @return false when there is no such tenant
    runtime::Awaitable<bool> write(const std::string& tenant, bool factors);

    /// Whether a tenant's secret was written as it is.
    bool showed_secrets() const { return showed_secrets_; }

private:
    using Fields = std::vector<std::string>;

    runtime::Awaitable<void> write_tenant(const std::string& tenant);
    runtime::Awaitable<void> write_user(const domain::UserRef& user, bool factors);
    runtime::Awaitable<void> write_credential(const std::string& digest);
    runtime::Awaitable<void> write_account(const std::string& login);
    std::string user_line(
        const domain::UserRef& user, const Fields& fields, const domain::TenantRules& rules);
    bool is_wanted(const std::string& tenant) const;

    TenantRepository tenants_;
    store::TenantStore tenant_store_;
    store::SettingsStore settings_;
    store::FactorStore factors_;
    store::CredentialStore credentials_;
    store::ScanStore scan_;
    Vault& vault_;
    TransferKey* key_;
    Write write_;
    bool showed_secrets_ = false;
    std::map<std::string, domain::TenantRules, std::less<>> rules_; ///< of the wanted tenants
};

} // namespace mfad::service
