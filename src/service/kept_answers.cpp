#include "mfad/service/kept_answers.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/log.hpp"

namespace mfad::service {
namespace {

using domain::Result;
using platform::SealPurpose;
using runtime::Awaitable;
using Code = domain::Refusal::Code;
using State = store::KnownAnswer::State;

constexpr std::size_t claim_id_bytes = 8;
constexpr std::chrono::seconds busy_wait{1};

platform::Place answer_place(const RequestKey& key) {
    return platform::Place().part("answer").part(key.hash);
}

} // namespace

Awaitable<Result<KeptAnswers::Begun>> KeptAnswers::begin(RequestKey key) {
    Begun begun;
    store::AnswerClaim& stored = begun.claim.stored;
    stored.record = keys_.idempotency(key.partition, key.hash);
    stored.fingerprint = key.fingerprint;
    stored.id = platform::random_bytes(claim_id_bytes);
    begun.claim.key = std::move(key);
    const store::KnownAnswer known = co_await answers_.claim(stored, claim_life);
    if (known.state == State::key_reused) co_return domain::refuse(Code::key_reused);
    if (known.state == State::busy) {
        domain::Refusal refusal = domain::refuse(Code::too_many);
        refusal.policy = "idempotency-key";
        refusal.retry_after = busy_wait;
        co_return refusal;
    }
    if (known.state == State::kept) {
        const platform::Place place = answer_place(begun.claim.key);
        auto answer = vault_.sealer.open(SealPurpose::idempotency, place, known.sealed);
        if (!answer) throw store::Corrupt("a kept answer that does not open");
        begun.answer = std::move(*answer);
    }
    co_return begun;
}

Awaitable<void> KeptAnswers::settle(const Claim& claim, const std::string& answer) {
    std::string sealed;
    if (!answer.empty() && answer.size() <= most_bytes)
        sealed = vault_.sealer.seal(SealPurpose::idempotency, answer_place(claim.key), answer);
    try {
        co_await answers_.settle(claim.stored, sealed, lifetimes_.of(claim.key));
    } catch (const std::exception& error) {
        platform::log::event(
            platform::log::Level::warn, "idempotency.not_kept", {{"error", error.what()}});
    }
}

} // namespace mfad::service
