#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/platform/clock.hpp"
#include "mfad/service/vault.hpp"

#include <chrono>
#include <string>
#include <vector>

/// The token that says that a second factor was passed: a JWT signed by this installation, to be
/// checked against its `/.well-known/jwks.json` (docs/dialects.md, "Signing in").
namespace mfad::service {

struct AccessTokenOptions {
    std::string issuer;                 ///< `iss`: the public URL, without a slash at the end
    std::chrono::seconds lifetime{600}; ///< 1 s to `platform::max_token_lifetime`
};

/// What was proved, and by whom.
struct Proof {
    std::string tenant; ///< `aud`: for whom the token is
    std::string user;   ///< `sub`
    /// How, as RFC 8176 names it: `otp`, `hwk`, `swk`, `user`, `pin`, `mfa`, … At least one.
    std::vector<std::string> methods;
    std::string level;             ///< `acr`: such as `urn:…:aal1`
    platform::UnixMillis passed{}; ///< `auth_time`
};

/// Makes access tokens of one thread.
class AccessTokens {
public:
    /// @param vault whose keys sign; the one of the thread
    AccessTokens(const Vault& vault, AccessTokenOptions options)
        : vault_(vault), options_(std::move(options)) {}

    /// A token that holds from now on for the configured time: `iss`, `sub`, `aud`, `jti` (128
    /// random bits), `iat`, `exp`, `amr`, `acr`, `auth_time`; times in whole seconds.
    /// @return `unavailable` when the key file has no key that signs (`mfad keys add`)
    domain::Result<std::string> issue(const Proof& proof, platform::UnixMillis now) const;

    /// Whether a token can be issued now; `unavailable` if not.
    domain::Result<void> ready(platform::UnixMillis now) const;

    /// The document at `/.well-known/jwks.json`.
    std::string key_set(platform::UnixMillis now) const { return vault_.signer.key_set(now); }

    std::chrono::seconds lifetime() const { return options_.lifetime; }

private:
    const Vault& vault_;
    AccessTokenOptions options_;
};

} // namespace mfad::service
