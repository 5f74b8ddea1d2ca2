#pragma once

#include "mfad/domain/settings_change.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace mfad::store {

/// An `Idempotency-Key` as the scripts take it. The script of the work remembers its outcome under
/// the key, so that both exist or neither; the answer is made anew from the outcome.
struct Idempotency {
    std::string record;      ///< key of the record, in the partition of the work
    std::string fingerprint; ///< SHA-256 of the request's content, 32 bytes
    std::chrono::milliseconds lifetime{0};
    std::uint32_t storable = 0; ///< a bit for each status whose outcome is remembered
    std::string supplement;     ///< sealed: what the answer needs beside the outcome
};

constexpr std::uint32_t storable_bit(domain::ChangeStatus status) {
    return 1U << static_cast<unsigned>(status);
}

/// How a call under an idempotency key went.
enum class Replay : std::uint8_t {
    fresh,      ///< it was done now, or there is no key
    replayed,   ///< it had been done before: the outcome is the earlier one
    key_reused, ///< the key belongs to a request with other content
};

} // namespace mfad::store
