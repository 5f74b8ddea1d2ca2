#pragma once

#include "mfad/domain/credential.hpp"
#include "mfad/domain/rate_limit.hpp"
#include "mfad/domain/tenant.hpp"
#include "mfad/store/idempotency.hpp"
#include "mfad/store/keys.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mfad::service {

/// An `Idempotency-Key` on its way: what names its record, and what the request was.
struct RequestKey {
    std::string hash;           ///< of tenant, credential, method, path and key
    std::string fingerprint;    ///< SHA-256 of the body, 32 bytes
    unsigned partition = 0;     ///< where the work is done, and the record kept
    std::uint32_t storable = 0; ///< statuses of a change (bit n) whose answers this dialect keeps
    bool holds_secret = false;  ///< the answer shows a secret, and is kept for a shorter time
};

/// How long an answer is kept under its key.
struct KeyLifetimes {
    std::chrono::milliseconds plain{0};
    std::chrono::milliseconds secret{0};

    std::chrono::milliseconds of(const RequestKey& key) const {
        return key.holds_secret ? secret : plain;
    }
};

/// One admitted request: who asks, in whose name, and what was counted on the way.
struct Call {
    std::shared_ptr<const domain::Tenant> tenant;
    domain::Caller caller;
    std::optional<RequestKey> key;
    bool only_reads = false;
    std::vector<domain::RateReport> rates; ///< the tenant's quota first, then limits of the user
};

/// The idempotency key of a call as the scripts of its work take it; nothing without a key.
inline std::optional<store::Idempotency> idempotency_of(
    const Call& call, const store::Keys& keys, const KeyLifetimes& lifetimes) {
    if (!call.key) return std::nullopt;
    store::Idempotency entry;
    entry.record = keys.idempotency(call.key->partition, call.key->hash);
    entry.fingerprint = call.key->fingerprint;
    entry.lifetime = lifetimes.of(*call.key);
    entry.storable = call.key->storable;
    return entry;
}

} // namespace mfad::service
