#include "mfad/store/tenant_store.hpp"

namespace mfad::store {

using runtime::Awaitable;

Awaitable<std::optional<TenantRecord>> TenantStore::find(const std::string& tenant) const {
    redis::Command command("HMGET");
    command.arg(context_.keys().tenant(tenant)).arg(document).arg(jwt);
    const redis::Reply fields = co_await context_.exec(command);
    if (fields.at(0).is_nil()) co_return std::nullopt;
    const auto text = [&fields](std::size_t i) {
        const auto value = fields.at(i);
        return value.is_nil() ? std::string() : std::string(value.text());
    };
    TenantRecord record;
    record.id = tenant;
    record.document = text(0);
    record.jwt = text(1);
    co_return record;
}

Awaitable<std::vector<std::string>> TenantStore::list() const {
    std::vector<std::string> tenants;
    std::string cursor = "0";
    do {
        redis::Command command("SCAN");
        command.arg(cursor).arg("MATCH").arg(std::string(Keys::tenant_prefix) + "*");
        command.arg("COUNT").arg(1000);
        const redis::Reply page = co_await context_.exec(command);
        cursor = page.at(0).text();
        const auto keys = page.at(1);
        for (std::size_t i = 0; i < keys.size(); ++i)
            tenants.emplace_back(keys.at(i).text().substr(Keys::tenant_prefix.size()));
    } while (cursor != "0");
    co_return tenants;
}

} // namespace mfad::store
