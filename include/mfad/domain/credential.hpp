#pragma once

#include "mfad/platform/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::domain {

/// What a credential may do, category by category (`users: [read, update]`). What the product acts
/// on is a bit; all of what was given is kept as JSON text, since Navixy's `get_permissions` shows
/// it.
enum class Permission : std::uint16_t {
    users_read = 1,
    users_update = 2,
    users_create = 4,
    users_delete = 8,
    tenant_read = 16,
    tenant_update = 32,
};

class Permissions {
public:
    constexpr Permissions() = default;
    static constexpr Permissions all() { return Permissions(63); }

    constexpr bool has(Permission p) const { return (bits_ & static_cast<unsigned>(p)) != 0; }
    constexpr void add(Permission p) { bits_ |= static_cast<unsigned>(p); }
    friend constexpr bool operator==(Permissions, Permissions) = default;

private:
    constexpr explicit Permissions(unsigned bits) : bits_(bits) {}
    unsigned bits_ = 0;
};

/// The permission that an operation of a category is; nothing for those that the product does not
/// act on.
std::optional<Permission> permission(std::string_view category, std::string_view operation);

enum class CredentialKind : std::uint8_t {
    server,  ///< any user of its tenant, by permission
    secret,  ///< a user's own key: that user only
    session, ///< a dealer's panel session: Navixy's panel calls, by permission
};

std::string_view to_string(CredentialKind kind);
std::optional<CredentialKind> credential_kind(std::string_view name);

/// A stored credential. The secret itself is nowhere; the record's key is its SHA-256.
struct Credential {
    std::string id; ///< short public name: the first 16 hexadecimal digits of the key
    CredentialKind kind = CredentialKind::secret;
    std::string tenant;
    std::string user; ///< of a `secret`, or of a `session` bound to a user; else empty
    Permissions permissions;
    std::string permissions_json; ///< as they were given
    std::optional<platform::UnixMillis> created_at;
    std::optional<platform::UnixMillis> expires_at;
};

/// Who a request comes from, once its credential has been checked.
struct Caller {
    enum class Kind : std::uint8_t { server, user, session };
    Kind kind = Kind::user;
    std::string tenant;
    std::string user;  ///< whom a `user` caller is; empty otherwise
    std::string email; ///< what a user's token says his address is, if anything
    Permissions permissions;
    bool has_token = false;    ///< a signed token, as opposed to an opaque key
    std::string credential_id; ///< for logs and for the scope of idempotency keys; never secret
};

} // namespace mfad::domain
