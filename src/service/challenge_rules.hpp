#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/store/challenge_store.hpp"

#include <chrono>
#include <cstddef>

/// What all attempts to pass a challenge have in common.
namespace mfad::service {

constexpr std::size_t attempt_id_bytes = 8;
/// How long an attempt that was begun may take: a signature takes far less.
constexpr std::chrono::milliseconds attempt_mark{2000};

/// Why an attempt did not pass.
domain::Refusal refusal_of(const store::Attempt& attempt);

} // namespace mfad::service
