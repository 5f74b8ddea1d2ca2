#include "mfad/store/answer_store.hpp"

#include "scripts.hpp"

namespace mfad::store {

using runtime::Awaitable;
using State = KnownAnswer::State;

Awaitable<KnownAnswer> AnswerStore::claim(
    const AnswerClaim& claim, std::chrono::milliseconds life) const {
    redis::Command command = redis::Command::eval(scripts::claim_answer, 1);
    command.arg(claim.record).arg(claim.fingerprint).arg(claim.id).arg(life.count());
    const redis::Reply reply = co_await context_.eval(scripts::claim_answer, command);
    KnownAnswer known;
    if (reply.is_array()) {
        known.state = State::kept;
        known.sealed = reply.at(0).text();
    } else {
        static constexpr State states[] = {State::claimed, State::key_reused, State::busy};
        known.state = states[static_cast<std::size_t>(reply.integer())];
    }
    co_return known;
}

Awaitable<bool> AnswerStore::settle(
    const AnswerClaim& claim, const std::string& sealed, std::chrono::milliseconds life) const {
    redis::Command command = redis::Command::eval(scripts::settle_answer, 1);
    command.arg(claim.record).arg(claim.fingerprint).arg(claim.id).arg(sealed).arg(life.count());
    const redis::Reply reply = co_await context_.eval(scripts::settle_answer, command);
    co_return reply.integer() == 1;
}

} // namespace mfad::store
