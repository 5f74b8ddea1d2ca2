#pragma once

#include "mfad/domain/tenant.hpp"
#include "mfad/runtime/executor.hpp"
#include "mfad/service/tenant_document.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/settings_store.hpp"
#include "mfad/store/tenant_store.hpp"

#include <memory>
#include <optional>
#include <string>

namespace mfad::service {

/// Where a request finds the tenant that it is about: through a cache in the server, straight from
/// the store elsewhere.
class TenantSource {
public:
    virtual ~TenantSource() = default;
    /// What is known without asking anybody, which spares a coroutine; null in it: there is none.
    virtual std::optional<std::shared_ptr<const domain::Tenant>> known_tenant(
        [[maybe_unused]] const std::string& id) {
        return std::nullopt;
    }
    /// @return null when there is no such tenant
    virtual runtime::Awaitable<std::shared_ptr<const domain::Tenant>> find_tenant(
        const std::string& id) = 0;
};

/// What a definition changes in the tenant's rules, and his document; without his keys.
store::TenantChange change_of(const TenantDefinition& definition);

/// Tenants as values, and as they are stored: keys of theirs only sealed.
class TenantRepository {
public:
    TenantRepository(const store::Context& context, Vault& vault)
        : tenants_(context), settings_(context), vault_(vault) {}

    /// @return null when there is no such tenant
    runtime::Awaitable<std::shared_ptr<const domain::Tenant>> find(const std::string& id) const;

    /// The record itself, its keys unsealed. @return nothing when there is no such tenant
    runtime::Awaitable<std::optional<store::TenantRecord>> record(const std::string& id) const;

    /// Defines a tenant anew. Policy and default of one that exists stay unless the definition
    /// names them.
    /// @return `invalid` for a default that the policy rules out
    runtime::Awaitable<domain::Result<void>> define(const TenantDefinition& definition) const;

private:
    store::TenantStore tenants_;
    store::SettingsStore settings_;
    Vault& vault_;
};

} // namespace mfad::service
