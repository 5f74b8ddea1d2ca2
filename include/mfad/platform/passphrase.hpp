#pragma once

#include "mfad/platform/secret.hpp"

#include <cstdint>
#include <string_view>

/// Keys made of passphrases: Argon2id (RFC 9106), whose cost stands beside what is encrypted.
namespace mfad::platform {

struct PassphraseCost {
    std::uint32_t memory_kib = 64 * 1024;
    std::uint32_t passes = 3;
    std::uint32_t lanes = 4;
};

inline constexpr PassphraseCost max_passphrase_cost{1024 * 1024, 16, 16};
inline constexpr std::size_t passphrase_salt_size = 16;

/// Whether `passphrase_key` is ready to compute it: 8 KiB a lane..1 GiB, 1..16 passes, 1..16 lanes.
bool is_usable(const PassphraseCost& cost);

/// 32 bytes. Computes for some tenths of a second; for the command line.
/// @throws std::runtime_error without the memory for it
Secret passphrase_key(
    std::string_view passphrase, std::string_view salt, const PassphraseCost& cost);

} // namespace mfad::platform
