#include "mfad/domain/quota_lease.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <vector>

using namespace mfad::domain;
using namespace std::chrono_literals;
using Time = QuotaLease::Time;

namespace {

constexpr Time start{1h};

RatePolicy policy(std::uint32_t limit, std::chrono::microseconds period = 60s) {
    return {"rebilly", limit, period};
}

/// Requests that each ask the store for themselves: the lease wants as many at a time from then on.
void ask_singly(QuotaLease& lease, int requests) {
    for (int i = 0; i < requests; ++i) {
        BOOST_REQUIRE(!lease.spend(start));
        lease.granted(1, 1, {true, 50'000, {}, {}}, start, start);
    }
}

/// A policy in the store, as take_quota.lua counts it.
struct Store {
    RatePolicy policy;
    std::optional<std::int64_t> arrival{};
    unsigned asked = 0;

    std::pair<std::uint32_t, RateVerdict> take(std::uint32_t wanted, Time now) {
        ++asked;
        const auto micros =
            std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
        GcraStep step = gcra(micros.count(), arrival, policy, wanted);
        if (!step.verdict.allowed && wanted > 1) {
            wanted = std::max(1U, step.verdict.remaining);
            step = gcra(micros.count(), arrival, policy, wanted);
        }
        if (step.verdict.allowed) arrival = step.arrival;
        return {wanted, step.verdict};
    }
};

RateVerdict request(QuotaLease& lease, Store& store, Time now) {
    if (const auto spent = lease.spend(now)) return *spent;
    if (const auto denied = lease.denied(now)) return *denied;
    const std::uint32_t wanted = lease.wish(now);
    const auto [count, verdict] = store.take(wanted, now);
    return lease.granted(wanted, count, verdict, now, now);
}

} // namespace

BOOST_AUTO_TEST_SUITE(quota_lease_tests)

BOOST_AUTO_TEST_CASE(a_small_policy_is_asked_for_each_request) {
    Store store{policy(255, 255s)}; // less than twice the share
    QuotaLease lease(store.policy);
    for (std::uint32_t i = 1; i <= 200; ++i) {
        const RateVerdict verdict = request(lease, store, start);
        BOOST_TEST(verdict.allowed);
        BOOST_TEST(verdict.remaining == store.policy.limit - i);
    }
    BOOST_TEST(store.asked == 200);
}

BOOST_AUTO_TEST_CASE(a_busy_policy_is_asked_for_seldom) {
    Store store{policy(600'000)};
    QuotaLease lease(store.policy);
    for (int i = 0; i < 10'000; ++i)
        BOOST_TEST(request(lease, store, start + i * 100us).allowed); // 1000 in a lifetime
    BOOST_TEST(store.asked < 10'000 / QuotaLease::most * 2 + 10);
}

BOOST_AUTO_TEST_CASE(an_idle_policy_is_not_taken_ahead_of_need) {
    Store store{policy(60'000)};
    QuotaLease lease(store.policy);
    for (int i = 0; i < 50; ++i) {
        const RateVerdict verdict = request(lease, store, start + i * 1s);
        BOOST_TEST((verdict.reset <= 1ms)); // nothing but itself is taken
    }
    BOOST_TEST(store.asked == 50);
}

BOOST_AUTO_TEST_CASE(what_is_left_counts_down_by_one) {
    Store store{policy(10'000, 24h)}; // no request comes back meanwhile
    QuotaLease lease(store.policy);
    for (std::uint32_t i = 1; i <= 500; ++i)
        BOOST_TEST(request(lease, store, start).remaining == store.policy.limit - i);
    BOOST_TEST(store.asked < 100);
}

BOOST_AUTO_TEST_CASE(a_lease_lapses) {
    Store store{policy(60'000)};
    QuotaLease lease(store.policy);
    for (int i = 0; i < 20; ++i)
        request(lease, store, start);
    const Time nearly = start + QuotaLease::lifetime - 1ns;
    BOOST_REQUIRE(!lease.spend(nearly)); // one asks for the next
    BOOST_REQUIRE(lease.wish(nearly) > 1);
    BOOST_TEST(lease.spend(nearly)->allowed);
    BOOST_TEST(!lease.spend(start + QuotaLease::lifetime));
}

/// The store takes its time: a hundredth of the requests wait for it, not all that come meanwhile.
BOOST_AUTO_TEST_CASE(the_next_are_asked_for_while_some_are_left) {
    struct Awaited {
        Time at;
        Time answered;
        std::uint32_t wanted;
    };
    Store store{policy(6'000'000)};
    QuotaLease lease(store.policy);
    std::vector<Awaited> awaited;
    for (Time now = start; now < start + 2s; now += 100us) {
        std::erase_if(awaited, [&](const Awaited& one) {
            if (one.answered > now) return false;
            const auto [count, verdict] = store.take(one.wanted, now);
            BOOST_TEST(lease.granted(one.wanted, count, verdict, one.at, now).allowed);
            return true;
        });
        if (!lease.spend(now)) awaited.push_back({now, now + 4ms, lease.wish(now)});
    }
    BOOST_TEST(store.asked < 20'000 / 80);
}

BOOST_AUTO_TEST_CASE(a_refusal_of_more_leaves_what_is_there) {
    QuotaLease lease(policy(60'000));
    ask_singly(lease, 20);
    BOOST_REQUIRE(!lease.spend(start));
    lease.granted(lease.wish(start), 9, {true, 50'000, {}, {}}, start, start);
    for (int i = 8; i > 2; --i)
        BOOST_TEST(lease.spend(start)->allowed);
    BOOST_REQUIRE(!lease.spend(start)); // the last are near, and others have taken the rest
    BOOST_TEST(!lease.granted(lease.wish(start), 1, {false, 0, 5ms, 60s}, start, start).allowed);
    BOOST_REQUIRE(lease.denied(start));
    BOOST_TEST((lease.denied(start)->retry_after == 5ms));
    BOOST_TEST(lease.spend(start)->allowed); // and the store is not asked meanwhile
    BOOST_TEST(lease.spend(start)->allowed);
    BOOST_TEST(!lease.spend(start));
}

BOOST_AUTO_TEST_CASE(late_answers_bring_no_more_than_a_thread_may_have) {
    QuotaLease lease(policy(1280)); // 10 at a time
    ask_singly(lease, 20);
    for (int i = 0; i < 3; ++i)
        lease.granted(10, 10, {true, 1000, {}, {}}, start, start);
    BOOST_TEST(lease.unspent(start) == 10);
}

BOOST_AUTO_TEST_CASE(what_is_left_can_be_told_until_it_lapses) {
    Store store{policy(60'000)};
    QuotaLease lease(store.policy);
    for (int i = 0; i < 20; ++i)
        request(lease, store, start);
    const std::uint32_t left = lease.unspent(start);
    BOOST_TEST(left > 0);
    request(lease, store, start);
    BOOST_TEST(lease.unspent(start) == left - 1);
    BOOST_TEST(lease.unspent(start + QuotaLease::lifetime) == 0);
}

BOOST_AUTO_TEST_CASE(while_an_answer_is_awaited_others_ask_for_one) {
    QuotaLease lease(policy(60'000));
    ask_singly(lease, 10);
    BOOST_REQUIRE(!lease.spend(start));
    BOOST_TEST(lease.wish(start) > 1);
    BOOST_TEST(lease.wish(start) == 1);
    // An answer that never comes holds nobody up.
    BOOST_TEST(lease.wish(start + QuotaLease::lifetime) > 1);
}

BOOST_AUTO_TEST_CASE(while_a_refusal_holds_the_store_is_not_asked_again) {
    Store store{policy(10, 10s)};
    QuotaLease lease(store.policy);
    for (int i = 0; i < 11; ++i)
        request(lease, store, start);
    BOOST_TEST(store.asked == 11);
    for (auto at = start; at < start + 1s; at += 1ms) {
        const RateVerdict verdict = request(lease, store, at);
        BOOST_TEST(!verdict.allowed);
        BOOST_TEST((verdict.retry_after == start + 1s - at));
        BOOST_TEST((verdict.reset == start + 10s - at));
    }
    BOOST_TEST(store.asked == 11);
    BOOST_TEST(request(lease, store, start + 1s).allowed);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_the_stores) {
    Store store{policy(1000, 1000s)};
    QuotaLease lease(store.policy);
    unsigned passed = 0;
    RateVerdict verdict;
    while ((verdict = request(lease, store, start)).allowed)
        ++passed;
    BOOST_TEST(passed == 1000);
    BOOST_TEST((verdict.retry_after == 1s));
    BOOST_TEST(!request(lease, store, start + 999ms).allowed);
    BOOST_TEST(request(lease, store, start + 1s).allowed);
}

/// In any window, instances together admit what the policy does, and what each held before it.
BOOST_AUTO_TEST_CASE(many_threads_together_exceed_a_policy_by_a_bounded_number) {
    // Both bounds of a lease: the share of the limit, and the most.
    for (const std::uint32_t limit : {2000U, 40'000U})
        for (const std::size_t threads : {1U, 2U, 7U, 50U}) {
            Store store{policy(limit, 1s)};
            std::vector<QuotaLease> leases(threads, QuotaLease(store.policy));
            std::mt19937 random(static_cast<unsigned>(threads));
            std::vector<Time> passed;
            const auto pause =
                std::chrono::nanoseconds(1s) / limit / 5; // five times what is allowed
            for (Time now = start; now < start + 5s; now += pause)
                if (request(leases[random() % threads], store, now).allowed) passed.push_back(now);

            const std::size_t held =
                threads * std::min(store.policy.limit / QuotaLease::share, QuotaLease::most);
            std::size_t first = 0;
            std::size_t largest = 0;
            for (std::size_t last = 0; last < passed.size(); ++last) {
                while (passed[last] - passed[first] >= store.policy.period)
                    ++first;
                largest = std::max(largest, last - first + 1);
            }
            // The algorithm itself lets through a burst of `limit`, and `limit` a period.
            BOOST_TEST(largest <= 2 * store.policy.limit + held);
            BOOST_TEST(passed.size() <= 6 * store.policy.limit + held);
            BOOST_TEST(passed.size() >= 5 * store.policy.limit); // and little is lost
        }
}

BOOST_AUTO_TEST_SUITE_END()
