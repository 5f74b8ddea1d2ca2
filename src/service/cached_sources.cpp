#include "mfad/service/cached_sources.hpp"

#include "mfad/platform/concat.hpp"

namespace mfad::service {
namespace {

using runtime::Awaitable;

redis::CacheOptions cache_options(const SourceOptions& options) {
    redis::CacheOptions cache;
    cache.max_found = options.entries;
    cache.max_missing = std::max<std::size_t>(options.entries / 4, 64);
    cache.max_age = options.lifetime;
    return cache;
}

} // namespace

CachedSources::CachedSources(
    const store::Context& context, Vault& vault, redis::InvalidationSource& watch,
    const SourceOptions& options)
    : timeout_(options.timeout), tenant_records_(context, vault), credential_records_(context),
      tenants_(
          watch, [this](std::string key, auto) { return read_tenant(std::move(key)); },
          cache_options(options)),
      credentials_(
          watch, [this](std::string key, auto) { return read_credential(std::move(key)); },
          cache_options(options)) {}

Awaitable<std::shared_ptr<const domain::Tenant>> CachedSources::read_tenant(std::string key) {
    const std::string id = key.substr(store::Keys::tenant_prefix.size());
    co_return co_await tenant_records_.find(id);
}

Awaitable<std::shared_ptr<const domain::Credential>> CachedSources::read_credential(
    std::string key) {
    const std::string digest = key.substr(store::Keys::credential_prefix.size());
    std::optional<domain::Credential> found = co_await credential_records_.find(digest);
    if (!found) co_return nullptr;
    co_return std::make_shared<const domain::Credential>(std::move(*found));
}

std::optional<std::shared_ptr<const domain::Tenant>> CachedSources::known_tenant(
    const std::string& id) {
    return tenants_.find(key_.assign(store::Keys::tenant_prefix).append(id));
}

std::optional<std::shared_ptr<const domain::Credential>> CachedSources::known_credential(
    const std::string& digest) {
    return credentials_.find(key_.assign(store::Keys::credential_prefix).append(digest));
}

Awaitable<std::shared_ptr<const domain::Tenant>> CachedSources::find_tenant(const std::string& id) {
    return tenants_.get(platform::concat(store::Keys::tenant_prefix, id), deadline());
}

Awaitable<std::shared_ptr<const domain::Credential>> CachedSources::find_credential(
    const std::string& digest) {
    return credentials_.get(platform::concat(store::Keys::credential_prefix, digest), deadline());
}

} // namespace mfad::service
