#pragma once

#include "mfad/domain/credential.hpp"
#include "mfad/domain/rate_limit.hpp"
#include "mfad/domain/relying_party.hpp"
#include "mfad/platform/jwk.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mfad::domain {

/// The APIs that the product speaks.
enum class DialectName : std::uint8_t {
    xsolla = 1,
    rebilly = 2,
    quiva = 4,
    navixy = 8,
    native = 16
};

std::string_view to_string(DialectName name);
std::optional<DialectName> dialect_name(std::string_view text);

/// Who signs tokens for a tenant, and what a token of his is good for. One key has one algorithm
/// and stands under one use (docs/dialects.md, "Who is who").
struct TokenIssuer {
    enum class Use : std::uint8_t {
        user,   ///< speaks as the user that `user_claim` names
        server, ///< acts on any user of the tenant, as none
    };

    std::string issuer;
    Use use = Use::user;
    std::string user_claim = "sub";
    std::vector<platform::JwtKey> keys;           ///< empty when they are fetched
    std::string jwks_uri;                         ///< where from; empty: `keys` are all there are
    Permissions permissions = Permissions::all(); ///< of a server's token
};

/// A tenant: what Xsolla calls a project, Rebilly an organization, Navixy a dealer and quiva an
/// account.
struct Tenant {
    std::string id;
    std::string name;         ///< for people; the id when none was given
    std::string mail_from;    ///< empty: the installation's
    std::string mail_contact; ///< where people object to what a notice tells; empty: not told
    std::vector<TokenIssuer> issuers;
    std::map<std::string, RatePolicy, std::less<>>
        limits; ///< by name, instead of the configured ones

    std::uint8_t dialects = 31;    ///< those that its credentials may use
    bool provisions_users = false; ///< a valid token of an unknown user creates him
    bool verified_addresses_only = false;
    unsigned navixy_max_ids = 1000;
    bool navixy_default_applies_unset = false;
    std::string xsolla_callback_url; ///< where a passed sign-in leads; empty: none was given
    std::vector<std::string> xsolla_widget_origins; ///< web pages that may call `/otp/`
    bool rebilly_builtin_is_otp = false; ///< built-in factors show as `otp` instead of `guardian`
    std::optional<RelyingParty> relying_party; ///< of his passkeys; nothing: the installation's
    bool passkey_first_factor = false;         ///< a passkey alone signs in, without a host's word

    bool speaks(DialectName dialect) const {
        return (dialects & static_cast<unsigned>(dialect)) != 0;
    }
};

} // namespace mfad::domain
