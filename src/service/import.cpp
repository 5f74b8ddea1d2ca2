#include "mfad/service/import.hpp"

#include "mfad/service/addresses.hpp"

#include "mfad/platform/password.hpp"

namespace mfad::service {
namespace {

using domain::Refusal;
using domain::Result;
using runtime::Awaitable;
using Code = Refusal::Code;

Refusal unknown_tenant(const std::string& tenant) {
    return domain::refuse(Code::no_such_tenant, "tenant", "there is no tenant " + tenant);
}

Refusal public_secret(std::string field) {
    return domain::refuse(
        Code::invalid, std::move(field),
        "is a secret of the published demo; it is taken only by the private Redis "
        "of a server on loopback");
}

} // namespace

Importer::Importer(const store::Context& context, Vault& vault, IsPublicSecret is_public)
    : tenants_(context, vault), settings_(context), users_(context), credentials_(context),
      factors_(context, vault), vault_(vault), is_public_(std::move(is_public)) {}

Awaitable<bool> Importer::tenant_exists(const std::string& tenant) {
    const auto rules = co_await settings_.rules(tenant);
    co_return rules.has_value();
}

Awaitable<Result<void>> Importer::apply(const ImportLine& line) {
    if (const auto* tenant = std::get_if<TenantDefinition>(&line))
        co_return co_await tenants_.define(*tenant);
    if (const auto* user = std::get_if<ImportedUser>(&line)) co_return co_await apply_user(*user);
    if (const auto* credential = std::get_if<ImportedCredential>(&line))
        co_return co_await apply_credential(*credential);
    if (const auto* factors = std::get_if<ImportedFactors>(&line))
        co_return co_await factors_.apply(*factors);
    if (const auto* migration = std::get_if<ImportedMigration>(&line))
        co_return co_await factors_.apply(*migration);
    co_return co_await apply_account(std::get<ImportedAccount>(line));
}

Awaitable<Result<void>> Importer::apply_user(const ImportedUser& user) {
    store::UserRecord record = user.record;
    if (user.email) {
        record.address.emplace();
        if (const auto address = domain::EmailAddress::parse(*user.email))
            record.address = seal_address(*address, record.user, vault_);
        add_moved_notice(record, vault_);
    }
    const auto put = co_await users_.put(record);
    if (put == store::UserStore::Put::no_such_tenant) co_return unknown_tenant(record.user.tenant);
    co_return Result<void>{};
}

Awaitable<Result<void>> Importer::apply_credential(const ImportedCredential& line) {
    if (is_public_ && is_public_(line.digest)) co_return public_secret("credential.secret");
    const bool known = co_await tenant_exists(line.credential.tenant);
    if (!known) co_return unknown_tenant(line.credential.tenant);
    co_await credentials_.put(line.digest, line.credential);
    co_return Result<void>{};
}

Awaitable<Result<void>> Importer::apply_account(const ImportedAccount& line) {
    if (is_public_ && !line.password.empty() && is_public_(store::credential_digest(line.password)))
        co_return public_secret("panel_account.password");
    const bool known = co_await tenant_exists(line.account.tenant);
    if (!known) co_return unknown_tenant(line.account.tenant);
    store::PanelAccount account = line.account;
    if (!line.password.empty()) account.password_hash = platform::hash_password(line.password);
    const bool stored = co_await credentials_.put_panel_account(account);
    if (!stored)
        co_return domain::refuse(
            Code::invalid, "panel_account.login", "belongs to another tenant already");
    co_return Result<void>{};
}

} // namespace mfad::service
