#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/service/call.hpp"
#include "mfad/service/tenants.hpp"

#include <boost/json/fwd.hpp>

#include <string>

namespace mfad::service {

/// A tenant's own definition, read and changed by his server.
class TenantAdmin {
public:
    TenantAdmin(const store::Context& context, Vault& vault, const KeyLifetimes& lifetimes)
        : context_(context), tenants_(context, vault), settings_(context), lifetimes_(lifetimes) {}

    /// The definition as an import has it, as JSON, from the store; of his issuers without a
    /// secret.
    runtime::Awaitable<domain::Result<std::string>> describe(const Call& call);

    /// Replaces members of the definition: `name`, `allowed`, `default`, `limits`, `webauthn`,
    /// `mail`, `options`, each as a whole; `null` takes one back to what holds without it. Others
    /// are refused, and what an import refuses is refused here.
    /// @return `factor_not_allowed` for a default that the policy rules out
    runtime::Awaitable<domain::Result<void>> amend(Call& call, const boost::json::object& patch);

private:
    const store::Context& context_;
    TenantRepository tenants_;
    store::SettingsStore settings_;
    KeyLifetimes lifetimes_;
};

} // namespace mfad::service
