#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/service/call.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/answer_store.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace mfad::service {

/// Answers that are kept whole under an `Idempotency-Key`: those of calls whose outcome shows what
/// is shown once, such as secrets, tokens and recovery codes. One object a thread.
class KeptAnswers {
public:
    /// Of an answer; a larger one is not kept, and its key is free again.
    static constexpr std::size_t most_bytes = 4096;
    /// How long a key is held for work whose server has died.
    static constexpr std::chrono::seconds claim_life{30};

    KeptAnswers(const store::Context& context, Vault& vault, KeyLifetimes lifetimes)
        : keys_(context.keys()), answers_(context), vault_(vault), lifetimes_(lifetimes) {}

    /// A key that is held while its work is being done, to be settled.
    struct Claim {
        RequestKey key;
        store::AnswerClaim stored;
    };

    struct Begun {
        std::optional<std::string> answer; ///< as it was kept; nothing: the work is to be done
        Claim claim;                       ///< when it is
    };

    /// @return `key_reused`; `too_many` while another request does the same work
    runtime::Awaitable<domain::Result<Begun>> begin(RequestKey key);

    /// Keeps an answer, or with an empty one gives the key free. What goes wrong is logged:
    /// the work is done, and its answer goes out in any case.
    runtime::Awaitable<void> settle(const Claim& claim, const std::string& answer);

private:
    store::Keys keys_;
    store::AnswerStore answers_;
    Vault& vault_;
    KeyLifetimes lifetimes_;
};

} // namespace mfad::service
