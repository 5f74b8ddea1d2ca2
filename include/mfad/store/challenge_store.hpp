#pragma once

#include "mfad/domain/challenge.hpp"
#include "mfad/domain/factor.hpp"
#include "mfad/domain/identity.hpp"
#include "mfad/domain/rate_limit.hpp"
#include "mfad/store/context.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mfad::store {

/// A challenge, and whose it is: both are in its token, so that no look-up is needed to find them.
struct ChallengeRef {
    domain::UserRef user;
    std::string id;
};

struct ChallengeOrder {
    std::chrono::milliseconds lifetime{0};
    domain::FactorSet wanted;   ///< empty: any
    domain::FactorSet too_weak; ///< for what is demanded
    bool recovers = false;      ///< lost factors, by what is left: address and recovery codes
};

/// What became of the wish for a challenge. The values are those of `open_challenge.lua`.
struct ChallengeOpened {
    enum class Outcome : std::uint8_t {
        opened = 0,
        no_such_tenant = 1,
        no_such_user = 2,
        nothing_asked = 3,
        unbound = 4,      ///< of what is asked and strong enough nothing is bound
        all_disabled = 5, ///< by failures
        not_usable = 6,   ///< none of the wanted factors can be used
    };
    Outcome outcome = Outcome::no_such_user;
    domain::FactorSet factors; ///< that may pass it
    platform::UnixMillis ends{};
};

struct ChallengeCodeOrder {
    std::string digest; ///< keyed, of the code
    std::string job;    ///< sealed mail
    std::chrono::milliseconds lifetime{0};
    domain::RatePolicy gap;
    domain::RatePolicy budget;
};

struct ChallengeCodeSent {
    domain::ChallengeState state = domain::ChallengeState::unknown;
    platform::UnixMillis ends{}; ///< of the code
    std::chrono::milliseconds retry_after{0};
};

/// What became of an attempt, by the store's clock.
struct Attempt {
    domain::ChallengeState state = domain::ChallengeState::unknown;
    platform::UnixMillis now{};
    unsigned tries_left = 0;           ///< of the challenge
    std::chrono::milliseconds wait{0}; ///< until the next try with this factor
};

/// An attempt that was begun, with the fields of the user's record that were asked for; a field
/// that is not there is empty.
struct AttemptBegun {
    Attempt attempt;
    std::vector<std::string> fields;
};

/// How a challenge stands, for who opened it.
struct ChallengeRecord {
    domain::UserRef user;
    domain::FactorSet factors;
    platform::UnixMillis ends{};
    unsigned wrong_tries = 0;
    std::optional<platform::UnixMillis> passed;
    unsigned codes_sent = 0;
};

/// Challenges, and the attempts to pass them.
class ChallengeStore {
public:
    using FieldValues = std::vector<std::pair<std::string, std::string>>;
    enum class Found : std::uint8_t { wrong = 0, right = 1, spent = 2 };

    /// @param tries wrong ones that end a challenge
    ChallengeStore(const Context& context, unsigned tries) : context_(context), tries_(tries) {}

    runtime::Awaitable<ChallengeOpened> open(
        const ChallengeRef& challenge, const ChallengeOrder& order) const;

    runtime::Awaitable<ChallengeCodeSent> send_code(
        const ChallengeRef& challenge, const ChallengeCodeOrder& order) const;

    /// Checks a code whose digest is stored, in one step: of an email or a recovery code.
    /// @param notice sealed mail that tells of a used recovery code
    runtime::Awaitable<Attempt> verify(
        const ChallengeRef& challenge, domain::FactorType factor,
        std::span<const std::string> digests, const std::string& notice) const;

    /// Begins an attempt with a factor that the caller has to compare, and marks it for `mark`.
    /// @param attempt_id 8 random bytes
    runtime::Awaitable<AttemptBegun> begin(
        const ChallengeRef& challenge, domain::FactorType factor, const std::string& attempt_id,
        std::chrono::milliseconds mark, std::span<const std::string> fields) const;

    /// @param values written to the user's record when it was right
    runtime::Awaitable<Attempt> finish(
        const ChallengeRef& challenge, domain::FactorType factor, const std::string& attempt_id,
        Found found, const FieldValues& values) const;

    runtime::Awaitable<std::optional<ChallengeRecord>> read(
        unsigned partition, const std::string& id) const;

private:
    const Context& context_;
    unsigned tries_;
};

} // namespace mfad::store
