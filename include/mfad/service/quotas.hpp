#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/service/call.hpp"
#include "mfad/store/quota_store.hpp"

#include <map>
#include <string>

namespace mfad::service {

struct QuotaOptions {
    bool enabled = true;
    std::map<domain::DialectName, domain::RatePolicy>
        policies; ///< a tenant's own limits go before these
    KeyLifetimes key_lifetimes;
    unsigned max_live_keys = 0; ///< idempotency keys that a credential may have at a time
};

/// Counts a tenant's requests in each dialect, before any work is done. The one place where a lease
/// of requests would take the place of asking the store each time.
class Quotas {
public:
    virtual ~Quotas() = default;

    /// Takes one request, and a place for its idempotency key if it has one. Adds the quota to the
    /// call's rates.
    /// @return `too_many` when either is used up
    virtual runtime::Awaitable<domain::Result<void>> take(
        Call& call, domain::DialectName dialect) = 0;
    /// The policy that counts for a tenant in a dialect.
    virtual domain::RatePolicy policy(
        const domain::Tenant& tenant, domain::DialectName dialect) const = 0;
};

/// Asks the store for every request.
class StoredQuotas : public Quotas {
public:
    StoredQuotas(const store::Context& context, QuotaOptions options)
        : quotas_(context), options_(std::move(options)) {}

    runtime::Awaitable<domain::Result<void>> take(Call& call, domain::DialectName dialect) override;
    domain::RatePolicy policy(
        const domain::Tenant& tenant, domain::DialectName dialect) const override;

private:
    store::QuotaStore quotas_;
    QuotaOptions options_;
};

} // namespace mfad::service
