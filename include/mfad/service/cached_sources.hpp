#pragma once

#include "mfad/redis/cache.hpp"
#include "mfad/redis/key_watch.hpp"
#include "mfad/service/authenticator.hpp"
#include "mfad/service/tenants.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace mfad::service {

struct SourceOptions {
    std::size_t entries = 10'000;
    std::chrono::milliseconds lifetime{30'000};
    std::chrono::milliseconds timeout{1000}; ///< for asking the store
};

/// Tenants and credentials of one thread, kept as long as the store vouches for them: what is
/// revoked or changed anywhere fails here within a second. Strangers' credentials have a cache of
/// their own, so that guessing pushes nothing out.
class CachedSources final : public TenantSource, public CredentialSource {
public:
    CachedSources(
        const store::Context& context, Vault& vault, redis::InvalidationSource& watch,
        const SourceOptions& options);

    std::optional<std::shared_ptr<const domain::Tenant>> known_tenant(
        const std::string& id) override;
    std::optional<std::shared_ptr<const domain::Credential>> known_credential(
        const std::string& digest) override;
    runtime::Awaitable<std::shared_ptr<const domain::Tenant>> find_tenant(
        const std::string& id) override;
    runtime::Awaitable<std::shared_ptr<const domain::Credential>> find_credential(
        const std::string& digest) override;

private:
    runtime::Awaitable<std::shared_ptr<const domain::Tenant>> read_tenant(std::string key);
    runtime::Awaitable<std::shared_ptr<const domain::Credential>> read_credential(std::string key);
    runtime::SteadyClock::time_point deadline() const {
        return runtime::SteadyClock::now() + timeout_;
    }

    std::chrono::milliseconds timeout_;
    TenantRepository tenant_records_;
    store::CredentialStore credential_records_;
    redis::Cache<domain::Tenant> tenants_;
    redis::Cache<domain::Credential> credentials_;
    std::string key_{}; // reused
};

/// Tenants straight from the store, for what runs once or seldom.
class UncachedTenants final : public TenantSource {
public:
    UncachedTenants(const store::Context& context, Vault& vault) : records_(context, vault) {}

    runtime::Awaitable<std::shared_ptr<const domain::Tenant>> find_tenant(
        const std::string& id) override {
        return records_.find(id);
    }

private:
    TenantRepository records_;
};

} // namespace mfad::service
