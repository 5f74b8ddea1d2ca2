#include "mfad/service/tenants.hpp"

namespace mfad::service {
namespace {

using domain::FactorSet;
using domain::FactorType;
using runtime::Awaitable;

/// The policy of a tenant whose definition names none: what needs no other provider.
constexpr FactorSet built_in = FactorSet(FactorType::email) | FactorType::totp |
                               FactorType::passkey | FactorType::recovery_code;

platform::Place jwt_place(const std::string& tenant) {
    return platform::Place().part("tenant_jwt").part(tenant);
}

} // namespace

store::TenantChange change_of(const TenantDefinition& definition) {
    store::TenantChange change;
    if (definition.allowed) {
        change.policy_mask = FactorSet::all();
        change.policy_value = *definition.allowed;
    }
    change.default_setting = definition.default_setting;
    if (definition.default_setting == domain::DefaultSetting::allowed_email)
        change.must_be_in_policy = FactorType::email;
    change.options = (definition.tenant.navixy_default_applies_unset ? 1U : 0U) |
                     (definition.tenant.verified_addresses_only ? 2U : 0U);
    change.fields.emplace_back(store::TenantStore::document, definition.document);
    if (definition.xsolla) {
        const XsollaProject& project = *definition.xsolla;
        change.fields.emplace_back(store::TenantStore::xsolla_mfa_url, project.mfa_url);
        change.fields.emplace_back(store::TenantStore::xsolla_priority, project.priority);
    }
    return change;
}

Awaitable<std::optional<store::TenantRecord>> TenantRepository::record(
    const std::string& id) const {
    std::optional<store::TenantRecord> record = co_await tenants_.find(id);
    if (!record || record->jwt.empty()) co_return record;
    const auto opened =
        vault_.sealer.open(platform::SealPurpose::tenant, jwt_place(id), record->jwt);
    if (!opened) throw store::Corrupt("a tenant's keys that this key file does not open");
    record->jwt = *opened;
    co_return record;
}

Awaitable<std::shared_ptr<const domain::Tenant>> TenantRepository::find(
    const std::string& id) const {
    const std::optional<store::TenantRecord> stored = co_await record(id);
    if (!stored) co_return nullptr;
    auto read = read_stored_tenant(id, stored->document, stored->jwt);
    if (!read) throw store::Corrupt("a tenant's record that cannot be read: " + read.error().field);
    auto tenant = std::make_shared<domain::Tenant>(std::move(*read));
    co_return tenant;
}

Awaitable<domain::Result<void>> TenantRepository::define(const TenantDefinition& definition) const {
    const std::string& id = definition.tenant.id;
    const auto known = co_await settings_.rules(id);
    store::TenantChange change = change_of(definition);
    change.create = true;
    if (!definition.allowed && !known) {
        change.policy_mask = FactorSet::all();
        change.policy_value = built_in;
    }
    std::string sealed;
    if (!definition.jwt.empty())
        sealed = vault_.sealer.seal(platform::SealPurpose::tenant, jwt_place(id), definition.jwt);
    change.fields.emplace_back(store::TenantStore::jwt, std::move(sealed));
    const store::TenantOutcome outcome = co_await settings_.change_tenant(id, change, nullptr);
    if (outcome.status != domain::ChangeStatus::done)
        co_return domain::refuse(
            domain::Refusal::Code::invalid, "tenant.default",
            "allows email, which the tenant's policy does not");
    co_return domain::Result<void>{};
}

} // namespace mfad::service
