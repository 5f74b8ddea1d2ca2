#pragma once

#include "mfad/domain/denial.hpp"
#include "mfad/domain/rate_limit.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace mfad::domain {

/// Requests of one policy that one thread has taken from the store ahead of need, and spends
/// without asking it again. A plain class: what is taken, and the time, are handed in.
///
/// A thread never has more than `limit / share` of them, `most` at most, and each for `lifetime` at
/// most, so in any window a policy admits what the store gave out in it, and so many for each
/// thread that it had given out just before. A policy of less than twice `share` is never leased:
/// it stays exact. The next are asked for while some are left, so that a busy policy waits for
/// none. What lapses unspent is lost; what is left when a thread ends can be given back
/// (`unspent`). What the store refuses is refused here until its time has come, without asking
/// again (domain::Denial).
class QuotaLease {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::milliseconds lifetime{500};
    static constexpr std::uint32_t share = 128;
    static constexpr std::uint32_t most = 256;

    explicit QuotaLease(const RatePolicy& policy) : policy_(policy) {}

    /// What of the policy counts here: name, limit and period.
    const RatePolicy& policy() const { return policy_; }

    /// That the store would refuse a request, when that is known; what is left here may be spent
    /// all the same.
    std::optional<RateVerdict> denied(Time now) const;

    /// Spends one of those that are there. Nothing: the store has to be asked for `wish`, because
    /// none is left, or because the last of them are near.
    std::optional<RateVerdict> spend(Time now);

    /// Spends one that is left, if any: for a request that the store has refused.
    std::optional<RateVerdict> spend_rest(Time now);

    /// How many to ask the store for, at least 1: as many as the last `lifetime` has seen wanted,
    /// less those that are left, but not more than a quarter of what the policy has. While the
    /// answer to more than one is awaited it is 1.
    std::uint32_t wish(Time now);

    /// What the store answered to a wish: how many it took from the policy, one of them for the
    /// request that asked, and its verdict on them.
    /// @param asked when it was asked; `now` it has answered
    /// @return the verdict on that request
    RateVerdict granted(
        std::uint32_t wished, std::uint32_t count, const RateVerdict& verdict, Time asked,
        Time now);

    /// How many of those that could be spent then are left.
    std::uint32_t unspent(Time then) const;

private:
    /// Of one grant.
    struct Batch {
        Time since{};
        std::uint32_t taken = 0;
        std::uint32_t left = 0;

        bool over(Time now) const { return left == 0 || now - since >= lifetime; }
        /// Whether the next should be asked for: a quarter of them, or of their time, is left.
        bool ebbs(Time now) const {
            return left <= taken / 4 || now - since >= lifetime - lifetime / 4;
        }
    };

    void count_one(Time now);
    bool awaits(Time now) const { return now - asking_ < lifetime; }
    std::uint32_t largest_batch() const { return std::min(policy_.limit / share, most); }
    std::uint32_t next_batch(Time now) const;

    RatePolicy policy_;
    Batch batch_{};          ///< what is spent
    Batch next_{};           ///< what is spent then
    RateVerdict verdict_{};  ///< of the store, on the newer of them
    std::uint32_t rest_ = 0; ///< of the policy, when the store was last heard of
    Time asking_{};          ///< since when the answer to several is awaited
    Time window_{};          ///< begin of the time in which `seen_` were wanted
    std::uint32_t seen_ = 0;
    std::uint32_t seen_before_ = 0;
    Denial denial_{};
};

} // namespace mfad::domain
