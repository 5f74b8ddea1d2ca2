#pragma once

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/key_ring.hpp"
#include "mfad/platform/place.hpp"

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <array>
#include <memory>

namespace mfad::platform {

/// What a sealed value is; each has a key of its own, derived from the key ring's.
enum class SealPurpose { email, mail_job, idempotency, factor, tenant, challenge, page };

/// Why a sealed value was not opened. Each deserves a count of its own: `unknown_key` says that
/// this instance's key file is behind, or another's.
enum class Unopened {
    cut_short,       ///< not long enough to be one
    unknown_version, ///< of a format that is not known here
    unknown_key,     ///< sealed with a key that is not on the ring
    forged,          ///< changed, or sealed for another place or purpose
};

/// For `result::value()`: an unopened value where none was expected is an exception.
[[noreturn]] void throw_exception_from_error(Unopened why, const boost::source_location&);

/// Encrypts what is stored, so that a copy of the store says nothing and no value can be moved to
/// another place.
///
/// A sealed value is version (1 byte, 1) ‖ key id (1 byte) ‖ nonce (12) ‖ ciphertext ‖ tag (16), of
/// AES-256-GCM under HKDF-SHA-256(key, info "mfad/<purpose>/v1"). Authenticated with it: version,
/// key id, purpose and place. Sealed with the key in use; opened with the key that it names, and
/// with no other. The ring is not needed after the constructor.
/// @par Threads  one at a time
class Sealer {
public:
    static constexpr std::size_t overhead = 2 + Aead::overhead;

    explicit Sealer(const KeyRing& ring);
    Sealer(Sealer&&) noexcept = default;
    Sealer& operator=(Sealer&&) noexcept = default;

    /// Adds the sealed value to the end of `out`.
    void seal_onto(
        std::string& out, SealPurpose purpose, const Place& place, std::string_view plain);
    std::string seal(SealPurpose purpose, const Place& place, std::string_view plain);

    boost::system::result<std::string, Unopened> open(
        SealPurpose purpose, const Place& place, std::string_view sealed);

    /// Whether the value is sealed as one would be now; else it is due to be sealed again.
    bool is_current(std::string_view sealed) const;

private:
    using Purposes = std::vector<Aead>; // by SealPurpose

    std::string_view context(std::uint8_t id, SealPurpose purpose, const Place& place);

    std::array<std::unique_ptr<Purposes>, 256> keys_{}; // by key id
    std::uint8_t in_use_ = 0;
    std::string context_{}; // reused
};

} // namespace mfad::platform
