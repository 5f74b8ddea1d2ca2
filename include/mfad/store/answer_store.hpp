#pragma once

#include "mfad/store/context.hpp"

#include <chrono>
#include <string>

namespace mfad::store {

/// A request under an idempotency key, while its work is being done.
struct AnswerClaim {
    std::string record;      ///< key of the record, in the partition of the work
    std::string fingerprint; ///< SHA-256 of the request's content, 32 bytes
    std::string id;          ///< 8 random bytes
};

/// What is known under an idempotency key.
struct KnownAnswer {
    enum class State : std::uint8_t {
        claimed,    ///< nothing: the work is this request's to do
        key_reused, ///< the key belongs to a request with other content
        busy,       ///< the same request is being worked on
        kept,       ///< it was done before
    };
    State state = State::busy;
    std::string sealed; ///< the answer, when kept
};

/// Whole answers, kept under idempotency keys: for work whose outcome cannot be told a second time
/// from what is stored, such as secrets that are shown once. Other work remembers its outcome in
/// its own script (idempotency.hpp).
class AnswerStore {
public:
    explicit AnswerStore(const Context& context) : context_(context) {}

    /// @param life after which a claim whose server died is free again
    runtime::Awaitable<KnownAnswer> claim(
        const AnswerClaim& claim, std::chrono::milliseconds life) const;

    /// @param sealed empty: no answer is kept, and the key is free again
    /// @return whether the claim was still held
    runtime::Awaitable<bool> settle(
        const AnswerClaim& claim, const std::string& sealed, std::chrono::milliseconds life) const;

private:
    const Context& context_;
};

} // namespace mfad::store
