#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/domain/settings.hpp"
#include "mfad/domain/tenant.hpp"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

/// A tenant as he is defined: the member `tenant` of an import, and what is stored of it.
namespace mfad::service {

/// What Xsolla's dialect keeps of a tenant; empty: as if never set.
struct XsollaProject {
    std::string mfa_url;
    std::string priority;
};

/// A definition that was read and found sound.
struct TenantDefinition {
    domain::Tenant tenant;
    std::optional<domain::FactorSet> allowed;              ///< the policy; absent: as it is
    std::optional<domain::DefaultSetting> default_setting; ///< absent: as it is
    std::optional<XsollaProject> xsolla;                   ///< absent: as it is
    std::string document;                                  ///< what is stored in the clear, as JSON
    std::string jwt; ///< what is stored sealed, as JSON; empty: nothing
};

/// Reads a definition. Unknown members are refused by name, as is a key that stands under two uses.
/// @param path dotted name of the definition, in refusals
domain::Result<TenantDefinition> read_tenant(
    const boost::json::object& definition, const std::string& path = "tenant");

/// Reads what was stored of a definition. What `read_tenant` accepted is accepted.
domain::Result<domain::Tenant> read_stored_tenant(
    std::string_view id, std::string_view document, std::string_view jwt);

/// `{"type":"allowed","factor_types":["email"]}`, `{"type":"disallowed"}` or null.
std::string default_setting_json(domain::DefaultSetting value);

/// The names of factor types in an array of strings.
domain::Result<domain::FactorSet> read_factors(
    const boost::json::array& names, std::string_view field);

/// `{"users":["read","update"],…}`: categories and operations of 1..64 characters each.
domain::Result<domain::Permissions> read_permissions(
    const boost::json::object& permissions, std::string_view field);

} // namespace mfad::service
