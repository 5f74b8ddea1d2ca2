#include "mfad/redis/cache.hpp"
#include "mfad/redis/connection.hpp"
#include "mfad/redis/key_watch.hpp"

#include "flaky_proxy.hpp"
#include "redis_server.hpp"
#include "run_coroutine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

using namespace mfad::redis;
using namespace mfad::test;
using namespace std::chrono_literals;
using mfad::runtime::Awaitable;
using mfad::runtime::SteadyClock;
namespace asio = mfad::runtime::asio;

namespace {

LinkOptions link_to(const std::string& socket_path) {
    LinkOptions link;
    link.endpoint = Endpoint::unix_socket(socket_path);
    link.backoff_min = 5ms;
    link.backoff_max = 50ms;
    link.connect_timeout = 20s;
    return link;
}

KeyWatchOptions watch_options(const std::string& socket_path) {
    KeyWatchOptions options;
    options.link = link_to(socket_path);
    options.prefixes = {"a:", "b:"};
    options.ping_interval = 20ms;
    options.coherent_for = 10s; // a busy machine is not what these cases are about
    options.dead_after = 60s;
    return options;
}

struct Recorder final : InvalidationListener {
    std::vector<std::string> keys;
    int resets = 0;

    void on_invalidate(std::string_view key) override { keys.emplace_back(key); }
    void on_reset() override { ++resets; }
    bool heard(std::string_view key) const {
        return std::find(keys.begin(), keys.end(), key) != keys.end();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(redis_key_watch_tests, SharedRedis)

BOOST_AUTO_TEST_CASE(when_a_watched_key_changes_then_listeners_hear_of_it) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        KeyWatch watch(context, watch_options(server.socket_path()));
        Recorder recorder;
        watch.subscribe(recorder);
        BOOST_TEST(!watch.coherent());
        watch.start();
        co_await until([&] { return watch.coherent(); });
        BOOST_TEST(recorder.resets == 1);
        for (const auto* command :
             {"SET a:1 x", "SET c:1 x", "MSET a:2 x b:2 x", "DEL a:1",
              "EVAL \"redis.call('set',KEYS[1],1)\" 1 a:script", "SET a:brief x PX 1",
              "SET b:end x"})
            server.ask(command);
        server.ask("DEBUG SLEEP 0.01");
        server.ask("GET a:brief"); // gone by now: the server notices at the latest when asked
        server.ask("SET b:last x");
        co_await until([&] { return recorder.heard("b:last"); });
        BOOST_TEST(std::count(recorder.keys.begin(), recorder.keys.end(), "a:1") == 2);
        BOOST_TEST(std::count(recorder.keys.begin(), recorder.keys.end(), "a:brief") == 2);
        for (const auto* key : {"a:2", "b:2", "a:script", "b:end"})
            BOOST_TEST(recorder.heard(key), key);
        BOOST_TEST(!recorder.heard("c:1"));
        BOOST_TEST(recorder.resets == 1);
        co_await watch.stop();
        BOOST_TEST(!watch.coherent());
        BOOST_TEST(recorder.resets == 2);
    });
}

BOOST_AUTO_TEST_CASE(when_everything_is_flushed_then_listeners_are_reset) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        KeyWatch watch(context, watch_options(server.socket_path()));
        Recorder recorder;
        watch.subscribe(recorder);
        watch.start();
        co_await until([&] { return watch.coherent(); });
        server.ask("FLUSHALL");
        co_await until([&] { return recorder.resets == 2; });
        BOOST_TEST(watch.coherent());
        co_await watch.stop();
    });
}

BOOST_AUTO_TEST_CASE(when_the_path_stalls_then_the_watch_stops_vouching_until_it_is_heard_again) {
    FlakyProxy proxy(server.socket_path());
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        auto options = watch_options(proxy.socket_path());
        options.coherent_for = 300ms;
        KeyWatch watch(context, options);
        Recorder recorder;
        watch.subscribe(recorder);
        watch.start();
        co_await until([&] { return watch.coherent(); });
        proxy.stall(true);
        co_await until([&] { return !watch.coherent(); });
        server.ask("SET a:1 x");
        BOOST_TEST(!recorder.heard("a:1"));
        proxy.stall(false);
        co_await until([&] { return watch.coherent(); });
        BOOST_TEST(recorder.heard("a:1")); // told before the answer that made it coherent again
        BOOST_TEST(recorder.resets == 1);
        BOOST_TEST(proxy.accepted() == 1U);
        co_await watch.stop();
    });
}

BOOST_AUTO_TEST_CASE(when_answers_are_held_back_then_the_sending_counts_and_not_the_arrival) {
    FlakyProxy proxy(server.socket_path());
    proxy.delay(200ms); // each way
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        auto options = watch_options(proxy.socket_path());
        options.coherent_for = 300ms;
        KeyWatch watch(context, options);
        Recorder recorder;
        watch.subscribe(recorder);
        watch.start();
        co_await until([&] { return recorder.resets == 1; });
        // Answers arrive all the time, but never to a PING of the last 300 ms.
        bool ever = false;
        const auto end = SteadyClock::now() + 1500ms;
        co_await until([&] {
            ever = ever || watch.coherent();
            return SteadyClock::now() > end;
        });
        BOOST_TEST(!ever);
        BOOST_TEST(proxy.accepted() == 1U);
        proxy.delay(0ms);
        co_await until([&] { return watch.coherent(); });
        co_await watch.stop();
    });
}

BOOST_AUTO_TEST_CASE(when_the_server_stays_silent_then_the_watch_connects_anew_and_resets) {
    FlakyProxy proxy(server.socket_path());
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        auto options = watch_options(proxy.socket_path());
        options.dead_after = 300ms;
        KeyWatch watch(context, options);
        Recorder recorder;
        watch.subscribe(recorder);
        watch.start();
        co_await until([&] { return watch.coherent(); });
        proxy.stall(true);
        co_await until([&] { return recorder.resets == 2; });
        BOOST_TEST(!watch.coherent());
        BOOST_TEST(watch.last_error() == "the server is silent");
        proxy.stall(false);
        co_await until([&] { return watch.coherent(); });
        BOOST_TEST(recorder.resets == 3);
        co_await watch.stop();
    });
}

BOOST_AUTO_TEST_CASE(when_the_connection_breaks_then_listeners_are_reset_at_once) {
    RedisServer own;
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        KeyWatch watch(context, watch_options(own.socket_path()));
        Recorder recorder;
        watch.subscribe(recorder);
        watch.start();
        co_await until([&] { return watch.coherent(); });
        own.kill();
        co_await until([&] { return !watch.coherent(); });
        BOOST_TEST(recorder.resets == 2);
        own.start();
        co_await until([&] { return watch.coherent(); });
        BOOST_TEST(recorder.resets == 3);
        own.ask("SET b:1 x");
        co_await until([&] { return recorder.heard("b:1"); });
        co_await watch.stop();
    });
}

BOOST_AUTO_TEST_CASE(when_prefixes_overlap_then_the_servers_words_are_the_reason) {
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        auto options = watch_options(server.socket_path());
        options.prefixes = {"a:", "a:b:"};
        KeyWatch watch(context, options);
        watch.start();
        co_await until([&] { return !watch.last_error().empty(); });
        BOOST_TEST(watch.last_error().find("overlaps") != std::string::npos, watch.last_error());
        BOOST_TEST(!watch.coherent());
        co_await watch.stop();
    });
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

// Keys whose values only grow, and when each value was known to be in Redis.
struct History {
    struct Write {
        int value;
        SteadyClock::time_point acknowledged;
    };
    std::vector<std::vector<Write>> keys{8};

    // The least value that a read begun at `when` may see, if nothing older than `bound` is served.
    int least(
        std::size_t key, SteadyClock::time_point when, std::chrono::milliseconds bound) const {
        int least = 0;
        for (const Write& write : keys[key])
            if (write.acknowledged + bound <= when) least = write.value;
        return least;
    }
};

struct Coherence {
    Connection& connection;
    Cache<int>& cache;
    History history;
    bool over = false;
    int reads = 0;
    int stale = 0; // behind by any time at all: shows that the test sees staleness
    int too_stale = 0;
    int running = 0;

    Awaitable<void> write(unsigned seed) {
        std::mt19937 random(seed);
        for (int value = 1; !over; ++value) {
            const std::size_t key = random() % history.keys.size();
            Command set("SET");
            set.arg("a:" + std::to_string(key)).arg(value);
            co_await connection.exec(set, SteadyClock::now() + 20s);
            const History::Write written{value, SteadyClock::now()};
            history.keys[key].push_back(written);
            co_await pause_for(std::chrono::milliseconds(random() % 30));
        }
        --running;
    }

    Awaitable<void> read(unsigned seed) {
        std::mt19937 random(seed);
        while (!over) {
            const std::size_t key = random() % history.keys.size();
            const auto began = SteadyClock::now();
            const std::string name = "a:" + std::to_string(key);
            const auto item = co_await cache.get(name, began + 20s);
            const int value = item ? *item : 0;
            ++reads;
            if (value < history.least(key, began, 0ms)) ++stale;
            if (value < history.least(key, began, 1000ms)) ++too_stale;
            co_await pause_for(std::chrono::milliseconds(random() % 3));
        }
        --running;
    }

    void spawn(asio::io_context& context, Awaitable<void> work) {
        ++running;
        asio::co_spawn(context, std::move(work), [](std::exception_ptr error) {
            if (error) std::rethrow_exception(error);
        });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(redis_cache_tests, SharedRedis)

BOOST_AUTO_TEST_CASE(when_the_watch_stalls_at_random_then_nothing_older_than_a_second_is_served) {
    FlakyProxy proxy(server.socket_path());
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        ConnectionOptions connection_options;
        connection_options.link = link_to(server.socket_path());
        Connection connection(context, connection_options);
        connection.start();
        KeyWatchOptions options; // the defaults are what is tested
        options.link = link_to(proxy.socket_path());
        options.prefixes = {"a:"};
        KeyWatch watch(context, options);
        watch.start();
        auto fill = [&connection](
                        std::string key,
                        SteadyClock::time_point deadline) -> Awaitable<std::shared_ptr<const int>> {
            Command get("GET");
            get.arg(key);
            const Reply reply = co_await connection.exec(get, deadline);
            std::shared_ptr<const int> value;
            if (!reply.is_nil())
                value = std::make_shared<const int>(std::stoi(std::string(reply.text())));
            co_return value;
        };
        Cache<int> cache(watch, fill);
        Coherence test{connection, cache, {}};
        const unsigned seed = std::random_device{}();
        BOOST_TEST_MESSAGE("seed " << seed);
        test.spawn(context, test.write(seed));
        for (unsigned i = 1; i <= 4; ++i)
            test.spawn(context, test.read(seed + i));

        std::mt19937 random(seed);
        for (int round = 0; round < 6; ++round) {
            co_await pause_for(std::chrono::milliseconds(200 + random() % 300));
            round % 3 == 2 ? proxy.delay(std::chrono::milliseconds(random() % 900))
                           : proxy.stall(true);
            co_await pause_for(
                std::chrono::milliseconds(round == 0 ? 2500 : 300 + random() % 1200));
            proxy.stall(false);
            proxy.delay(0ms);
        }
        test.over = true;
        co_await until([&] { return test.running == 0; });
        BOOST_TEST(test.too_stale == 0);
        BOOST_TEST(test.stale > 0);
        const auto counters = cache.counters();
        BOOST_TEST(counters.hits > 0U);
        BOOST_TEST(counters.bypasses > 0U);
        BOOST_TEST(proxy.accepted() >= 2U);
        BOOST_TEST_MESSAGE(
            "reads " << test.reads << ", behind " << test.stale << ", hits " << counters.hits
                     << ", bypasses " << counters.bypasses << ", discarded " << counters.discarded);
        co_await watch.stop();
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_SUITE_END()
