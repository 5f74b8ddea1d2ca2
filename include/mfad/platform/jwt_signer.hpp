#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/platform/key_ring.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::platform {

/// Signs the installation's own tokens (JWS compact form: RFC 7515 section 3.1), and says which
/// public keys they may be checked with.
///
/// Header: `alg`, `kid` (RFC 7638 thumbprint), `"typ":"JWT"`. Which key signs, and which ones are
/// published, follows from the time alone (`KeyRing`). The ring is not needed after the
/// constructor. Copies share the keys.
/// @par Threads  const functions from any thread, also at the same time
class JwtSigner {
public:
    explicit JwtSigner(const KeyRing& ring);

    /// Whether the installation has a key that signs now.
    bool ready(UnixMillis now) const;

    /// A token of these claims.
    /// @param claims a JSON object, as it is to be signed
    /// @return nothing when the installation has no key that signs
    std::optional<std::string> sign(std::string_view claims, UnixMillis now) const;

    /// `{"keys":[…]}` (RFC 7517 section 5): the keys that sign, that will, and that did so until
    /// `publish_after` ago.
    std::string key_set(UnixMillis now) const;

private:
    struct Entry;

    const Entry* chosen(UnixMillis now) const;

    std::shared_ptr<const std::vector<Entry>> keys_;
};

} // namespace mfad::platform
