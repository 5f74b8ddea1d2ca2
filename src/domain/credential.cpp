#include "mfad/domain/credential.hpp"

#include <array>
#include <utility>

namespace mfad::domain {
namespace {

struct NamedPermission {
    std::string_view category;
    std::string_view operation;
    Permission permission;
};
constexpr std::array permissions{
    NamedPermission{"users", "read", Permission::users_read},
    NamedPermission{"users", "update", Permission::users_update},
    NamedPermission{"users", "create", Permission::users_create},
    NamedPermission{"users", "delete", Permission::users_delete},
    NamedPermission{"tenant", "read", Permission::tenant_read},
    NamedPermission{"tenant", "update", Permission::tenant_update},
};

constexpr std::array<std::pair<CredentialKind, std::string_view>, 3> kinds{{
    {CredentialKind::server, "server"},
    {CredentialKind::secret, "secret"},
    {CredentialKind::session, "session"},
}};

} // namespace

std::optional<Permission> permission(std::string_view category, std::string_view operation) {
    for (const NamedPermission& known : permissions)
        if (known.category == category && known.operation == operation) return known.permission;
    return std::nullopt;
}

std::string_view to_string(CredentialKind kind) {
    for (const auto& [known, name] : kinds)
        if (known == kind) return name;
    return {};
}

std::optional<CredentialKind> credential_kind(std::string_view name) {
    for (const auto& [kind, known] : kinds)
        if (known == name) return kind;
    return std::nullopt;
}

} // namespace mfad::domain
