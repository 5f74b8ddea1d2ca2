#pragma once

#include "mfad/platform/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::service {

/// A set of recovery codes of ours as it is stored: version (1 byte), when it was made (a double,
/// ms), which codes are used (2 bytes, a bit each), then the digests. `verify_challenge.lua` reads
/// and writes the same.
struct RecoverySet {
    platform::UnixMillis made{};
    std::uint16_t used = 0;
    std::vector<std::string> digests; ///< `recovery_digest_size` bytes each, 16 at most

    bool is_used(std::size_t i) const { return (used >> i & 1U) != 0; }
    unsigned left() const;
    std::string pack() const;
    /// @return nothing for an empty field @throws store::Corrupt for another format
    static std::optional<RecoverySet> unpack(std::string_view field);
};

} // namespace mfad::service
