#pragma once

#include "mfad/store/context.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mfad::store {

/// A tenant's record as it is stored; service/tenants.hpp makes sense of it.
struct TenantRecord {
    std::string id;
    std::string document; ///< JSON: name, limits, options, …
    std::string jwt;      ///< sealed JSON: what its tokens are signed with
};

/// Tenants' records; they are written by `SettingsStore::change_tenant`, together with the rules.
class TenantStore {
public:
    explicit TenantStore(const Context& context) : context_(context) {}

    /// @return nothing when there is no such tenant
    runtime::Awaitable<std::optional<TenantRecord>> find(const std::string& tenant) const;

    /// The ids of all tenants. Reads every key of the database: for the command line.
    runtime::Awaitable<std::vector<std::string>> list() const;

    // Fields of the record.
    static constexpr std::string_view document = "doc";
    static constexpr std::string_view jwt = "jwt";
    static constexpr std::string_view xsolla_mfa_url = "xu";
    static constexpr std::string_view xsolla_priority = "xp";

private:
    const Context& context_;
};

} // namespace mfad::store
