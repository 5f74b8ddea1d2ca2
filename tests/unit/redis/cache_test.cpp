#include "mfad/redis/cache.hpp"

#include "run_coroutine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <stdexcept>

using namespace mfad::redis;
using namespace std::chrono_literals;
using mfad::runtime::Awaitable;
using mfad::runtime::SteadyClock;
using mfad::runtime::Timer;
using mfad::test::run_coroutine;
namespace asio = mfad::runtime::asio;

BOOST_AUTO_TEST_SUITE(bounded_map_tests)

BOOST_AUTO_TEST_CASE(when_it_is_full_then_what_was_found_lately_stays) {
    BoundedMap<int> map(3);
    for (int i = 0; i < 3; ++i)
        map.put(std::to_string(i), i);
    map.find("1");
    map.put("3", 3);
    map.put("4", 4);
    BOOST_TEST(map.size() == 3U);
    BOOST_TEST(map.find("1") != nullptr);
    BOOST_TEST(map.find("0") == nullptr);
    BOOST_TEST(map.find("2") == nullptr);
    BOOST_TEST(*map.find("4") == 4);
}

BOOST_AUTO_TEST_CASE(when_everything_was_found_lately_then_room_is_made_all_the_same) {
    BoundedMap<int> map(2);
    for (int i = 0; i < 100; ++i) {
        map.put(std::to_string(i), i);
        BOOST_TEST(*map.find(std::to_string(i)) == i);
        BOOST_TEST(map.size() <= 2U);
    }
}

BOOST_AUTO_TEST_CASE(when_used_at_random_then_it_agrees_with_a_plain_map) {
    std::mt19937 random(7);
    BoundedMap<int> map(20);
    std::map<std::string, int> last;
    for (int step = 0; step < 100'000; ++step) {
        const std::string key = std::to_string(random() % 40);
        switch (random() % 4) {
        case 0:
            map.put(key, step);
            last[key] = step;
            BOOST_REQUIRE(map.find(key) != nullptr);
            break;
        case 1:
            map.erase(key);
            last.erase(key);
            BOOST_REQUIRE(map.find(key) == nullptr);
            break;
        default:
            if (const int* value = map.find(key)) BOOST_REQUIRE_EQUAL(*value, last.at(key));
        }
        if (random() % 5000 == 0) {
            map.clear();
            last.clear();
        }
        BOOST_REQUIRE_LE(map.size(), std::min<std::size_t>(20, last.size()));
    }
}

BOOST_AUTO_TEST_CASE(when_it_has_no_room_at_all_then_it_keeps_nothing) {
    BoundedMap<int> map(0);
    map.put("a", 1);
    BOOST_TEST(map.find("a") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

struct FakeSource final : InvalidationSource {
    bool is_coherent = true;
    std::vector<InvalidationListener*> listeners;

    bool coherent_at(SteadyClock::time_point) const override { return is_coherent; }
    void subscribe(InvalidationListener& listener) override { listeners.push_back(&listener); }
    void unsubscribe(InvalidationListener& listener) override { std::erase(listeners, &listener); }
};

// A store that answers when it is told to; the value is read when the question arrives, as Redis
// does.
struct FakeStore {
    std::map<std::string, std::string> values;
    std::vector<std::weak_ptr<Timer>> asked; // gates of the coroutines that wait
    bool failing = false;
    bool holding = false;
    int answered = 0;

    Awaitable<std::shared_ptr<const std::string>> read(std::string key) {
        std::shared_ptr<const std::string> value;
        if (const auto found = values.find(key); found != values.end())
            value = std::make_shared<const std::string>(found->second);
        const auto executor = co_await asio::this_coro::executor;
        const auto gate = std::make_shared<Timer>(executor, SteadyClock::time_point::max());
        if (holding) {
            asked.push_back(gate);
            co_await gate->async_wait(mfad::runtime::tuple_token);
        }
        ++answered;
        if (failing) throw std::runtime_error("away");
        co_return value;
    }
    void answer_all() {
        for (const auto& gate : asked)
            gate.lock()->cancel();
        asked.clear();
    }
};

struct CacheCase {
    FakeSource source;
    FakeStore store;
    CacheOptions options{};
    Cache<std::string>::Fill fill = [this](std::string key, SteadyClock::time_point) {
        return store.read(std::move(key));
    };
    SteadyClock::time_point deadline = SteadyClock::now() + 1h;
};

// What a caller got: the value, "(none)", or "!" for a failure.
Awaitable<void> ask(
    Cache<std::string>& cache, std::string key, SteadyClock::time_point deadline,
    std::string& got) {
    try {
        const auto item = co_await cache.get(std::move(key), deadline);
        got = item ? *item : "(none)";
    } catch (const std::runtime_error&) {
        got = "!";
    }
}

void spawn(asio::io_context& context, Awaitable<void> work) {
    asio::co_spawn(context, std::move(work), [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
    });
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cache_tests, CacheCase)

BOOST_AUTO_TEST_CASE(when_a_key_was_read_then_it_is_served_without_asking) {
    run_coroutine([&](asio::io_context&) -> Awaitable<void> {
        Cache<std::string> cache(source, fill);
        store.values["k"] = "v";
        std::string got;
        for (int i = 0; i < 3; ++i) {
            got.clear();
            co_await ask(cache, "k", deadline, got);
            BOOST_TEST(got == "v");
        }
        BOOST_TEST(store.answered == 1);
        BOOST_TEST(**cache.find("k") == "v");
        BOOST_TEST(cache.counters().hits == 3U);
    });
}

BOOST_AUTO_TEST_CASE(when_a_key_does_not_exist_then_that_is_kept_too_until_it_does) {
    run_coroutine([&](asio::io_context&) -> Awaitable<void> {
        Cache<std::string> cache(source, fill);
        std::string got;
        co_await ask(cache, "k", deadline, got);
        co_await ask(cache, "k", deadline, got);
        BOOST_TEST(got == "(none)");
        BOOST_TEST(store.answered == 1);
        BOOST_TEST(cache.counters().missing == 1U);
        store.values["k"] = "v";
        cache.on_invalidate("k");
        co_await ask(cache, "k", deadline, got);
        BOOST_TEST(got == "v");
    });
}

BOOST_AUTO_TEST_CASE(when_unknown_keys_flood_in_then_known_ones_stay) {
    run_coroutine([&](asio::io_context&) -> Awaitable<void> {
        options.max_found = 4;
        options.max_missing = 4;
        Cache<std::string> cache(source, fill, options);
        store.values["k"] = "v";
        std::string got;
        co_await ask(cache, "k", deadline, got);
        for (int i = 0; i < 100; ++i)
            co_await ask(cache, "guess " + std::to_string(i), deadline, got);
        BOOST_TEST(cache.find("k").has_value());
        BOOST_TEST(cache.counters().missing == 4U);
    });
}

BOOST_AUTO_TEST_CASE(when_a_key_changes_then_it_is_read_again) {
    run_coroutine([&](asio::io_context&) -> Awaitable<void> {
        Cache<std::string> cache(source, fill);
        store.values = {{"k", "old"}, {"other", "o"}};
        std::string got;
        co_await ask(cache, "k", deadline, got);
        co_await ask(cache, "other", deadline, got);
        store.values["k"] = "new";
        source.listeners.at(0)->on_invalidate("k");
        BOOST_TEST(!cache.find("k"));
        BOOST_TEST(cache.find("other").has_value());
        co_await ask(cache, "k", deadline, got);
        BOOST_TEST(got == "new");
        source.listeners.at(0)->on_reset();
        BOOST_TEST(!cache.find("k"));
        BOOST_TEST(!cache.find("other"));
    });
}

BOOST_AUTO_TEST_CASE(when_an_invalidation_overtakes_a_fill_then_its_answer_is_not_kept) {
    for (const bool by_reset : {false, true})
        run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
            Cache<std::string> cache(source, fill);
            store = FakeStore{};
            store.holding = true;
            store.values["k"] = "old";
            std::string before;
            std::string joined;
            spawn(context, ask(cache, "k", deadline, before));
            spawn(context, ask(cache, "k", deadline, joined));
            co_await mfad::test::until([&] { return cache.counters().joined == 1; });

            store.values["k"] = "new";
            by_reset ? cache.on_reset() : cache.on_invalidate("k");
            std::string after;
            spawn(context, ask(cache, "k", deadline, after));
            co_await mfad::test::until([&] { return store.asked.size() == 2; });
            store.answer_all();
            co_await mfad::test::until(
                [&] { return !before.empty() && !after.empty() && !joined.empty(); });

            BOOST_TEST(before == "old"); // asked before the change was known
            BOOST_TEST(joined == "old");
            BOOST_TEST(after == "new"); // asked after it
            BOOST_TEST(**cache.find("k") == "new");
            BOOST_TEST(cache.counters().discarded == 1U);
        });
}

BOOST_AUTO_TEST_CASE(when_an_overtaken_fill_answers_last_then_the_newer_value_stays) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Cache<std::string> cache(source, fill);
        store.holding = true;
        store.values["k"] = "old";
        std::string before;
        spawn(context, ask(cache, "k", deadline, before));
        co_await mfad::test::until([&] { return store.asked.size() == 1; });
        const auto slow = store.asked.at(0).lock();
        store.asked.clear();
        store.values["k"] = "new";
        cache.on_invalidate("k");
        store.holding = false;
        std::string after;
        co_await ask(cache, "k", deadline, after);
        slow->cancel();
        co_await mfad::test::until([&] { return !before.empty(); });
        BOOST_TEST(before == "old");
        BOOST_TEST(**cache.find("k") == "new");
    });
}

BOOST_AUTO_TEST_CASE(when_many_ask_at_once_then_redis_is_asked_once) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Cache<std::string> cache(source, fill);
        store.holding = true;
        store.values["k"] = "v";
        std::array<std::string, 20> got;
        for (auto& one : got)
            spawn(context, ask(cache, "k", deadline, one));
        co_await mfad::test::until([&] { return cache.counters().joined == 19; });
        store.answer_all();
        co_await mfad::test::until([&] {
            return std::all_of(got.begin(), got.end(), [](const auto& one) { return one == "v"; });
        });
        BOOST_TEST(store.answered == 1);
    });
}

BOOST_AUTO_TEST_CASE(when_a_fill_fails_then_those_who_joined_ask_for_themselves) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Cache<std::string> cache(source, fill);
        store.holding = true;
        store.failing = true;
        std::array<std::string, 3> got;
        for (auto& one : got)
            spawn(context, ask(cache, "k", deadline, one));
        co_await mfad::test::until([&] { return cache.counters().joined == 2; });
        store.answer_all();
        co_await mfad::test::until([&] { return got[0] == "!" && store.asked.size() == 1; });
        store.failing = false;
        store.values["k"] = "v";
        store.answer_all();
        co_await mfad::test::until([&] { return got[1] != "" && got[2] != ""; });
        BOOST_TEST(got[1] == "(none)"); // the value that was there when it was asked
        BOOST_TEST(got[2] == "(none)");
        BOOST_TEST(store.answered == 2);
    });
}

BOOST_AUTO_TEST_CASE(when_a_fill_may_take_longer_than_a_caller_then_he_does_not_join_it) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        Cache<std::string> cache(source, fill);
        store.holding = true;
        store.values["k"] = "v";
        std::string patient;
        spawn(context, ask(cache, "k", deadline, patient));
        co_await mfad::test::until([&] { return store.asked.size() == 1; });
        store.holding = false;
        std::string hasty;
        co_await ask(cache, "k", deadline - 1s, hasty);
        BOOST_TEST(hasty == "v");
        BOOST_TEST(patient == "");
        store.answer_all();
        co_await mfad::test::until([&] { return !patient.empty(); });
        BOOST_TEST(cache.find("k").has_value());
    });
}

BOOST_AUTO_TEST_CASE(when_the_source_is_not_coherent_then_every_read_goes_to_redis) {
    run_coroutine([&](asio::io_context&) -> Awaitable<void> {
        Cache<std::string> cache(source, fill);
        store.values["k"] = "v";
        std::string got;
        co_await ask(cache, "k", deadline, got);
        source.is_coherent = false;
        BOOST_TEST(!cache.find("k"));
        store.values["k"] = "w";
        for (int i = 0; i < 2; ++i) {
            co_await ask(cache, "k", deadline, got);
            BOOST_TEST(got == "w");
        }
        BOOST_TEST(store.answered == 3);
        BOOST_TEST(cache.counters().bypasses == 2U);
        co_await ask(cache, "new", deadline, got);
        source.is_coherent = true;
        BOOST_TEST(!cache.find("new")); // what was read meanwhile is not kept
    });
}

BOOST_AUTO_TEST_CASE(when_an_entry_is_old_then_it_is_read_again) {
    run_coroutine([&](asio::io_context&) -> Awaitable<void> {
        Cache<std::string> cache(source, fill);
        store.values["k"] = "v";
        std::string got;
        const auto before = SteadyClock::now();
        co_await ask(cache, "k", deadline, got);
        const auto after = SteadyClock::now();
        BOOST_TEST(cache.find("k", before + 29'999ms).has_value());
        BOOST_TEST(!cache.find("k", after + 30s));
        BOOST_TEST(cache.counters().found == 0U);
    });
}

BOOST_AUTO_TEST_CASE(when_a_leader_outlives_the_cache_then_nothing_of_it_is_touched) {
    asio::io_context context(1);
    store.holding = true;
    {
        Cache<std::string> cache(source, fill);
        std::string got;
        spawn(context, ask(cache, "k", deadline, got));
        context.poll();
        BOOST_TEST(store.asked.size() == 1U);
    }
    store.asked.clear();
    BOOST_TEST(source.listeners.empty());
} // the coroutine is unwound with the io_context: the sanitizers watch

BOOST_AUTO_TEST_SUITE_END()
