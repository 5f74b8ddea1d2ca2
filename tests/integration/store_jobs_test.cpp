#include "mfad/store/job_store.hpp"

#include "store_scene.hpp"
#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace mfad;
using namespace std::chrono_literals;
using runtime::Awaitable;
using store::Claimed;
using store::Context;
using store::JobStore;
using store::MailClass;
using store::QueuedJob;
using test::StoreScene;

namespace {

Awaitable<void> owe(
    const Context& store, unsigned partition, std::string job, std::int64_t due = 1) {
    redis::Command command("ZADD");
    command.arg(store.keys().due(partition, static_cast<MailClass>(job[0] - '0')));
    command.arg(due).arg(job);
    co_await store.exec(command);
}

/// Makes every lease run out.
Awaitable<void> end_leases(const Context& store, unsigned partition, std::string job) {
    redis::Command command("ZADD");
    command.arg(store.keys().leased(partition)).arg("XX").arg(1).arg(job);
    co_await store.exec(command);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_jobs_tests, StoreScene)

BOOST_AUTO_TEST_CASE(codes_go_before_links_and_links_before_notices) {
    run([](const Context& store) -> Awaitable<void> {
        const JobStore jobs(store);
        co_await owe(store, 0, "3notice");
        co_await owe(store, 1, "2link");
        co_await owe(store, 2, "1code");
        co_await owe(store, 3, "1later", 9'000'000'000'000);
        Claimed claimed = co_await jobs.claim(2, 1min, false, 3);
        BOOST_TEST(claimed.jobs.size() == 2U);
        BOOST_TEST(claimed.jobs.at(0).bytes == "1code");
        BOOST_TEST(claimed.jobs.at(0).partition == 2U);
        BOOST_TEST(claimed.jobs.at(1).bytes == "2link");
        claimed = co_await jobs.claim(10, 1min, true, 0);
        BOOST_TEST(claimed.jobs.size() == 1U);
        claimed = co_await jobs.claim(10, 1min, true, 0);
        BOOST_TEST(claimed.jobs.empty());
    });
}

BOOST_AUTO_TEST_CASE(a_lease_that_ran_out_comes_back_and_is_no_longer_its_holders) {
    run([](const Context& store) -> Awaitable<void> {
        const JobStore jobs(store);
        co_await owe(store, 0, "1code");
        const Claimed first = co_await jobs.claim(1, 1min, false, 0);
        co_await end_leases(store, 0, "1code");
        const Claimed second = co_await jobs.claim(1, 1min, true, 0);
        BOOST_TEST(second.jobs.size() == 1U);
        const bool settled = co_await jobs.finish(second.jobs.at(0));
        BOOST_TEST(settled);
        const bool late = co_await jobs.finish(first.jobs.at(0));
        BOOST_TEST(!late);
    });
}

BOOST_AUTO_TEST_CASE(a_job_is_finished_postponed_or_buried) {
    run([](const Context& store) -> Awaitable<void> {
        const JobStore jobs(store);
        co_await owe(store, 1, "2link");
        Claimed claimed = co_await jobs.claim(1, 1min, false, 0);
        const auto later = claimed.now + 1h;
        co_await jobs.postpone(claimed.jobs.at(0), "2link again", later);
        auto listed = co_await jobs.list();
        BOOST_TEST(listed.size() == 1U);
        BOOST_TEST(listed.at(0).job.bytes == "2link again");
        BOOST_CHECK(listed.at(0).where == store::ListedJob::Where::due);
        BOOST_CHECK(listed.at(0).at == later);
        claimed = co_await jobs.claim(1, 1min, true, 0);
        BOOST_TEST(claimed.jobs.empty());

        co_await owe(store, 1, "2link again");
        claimed = co_await jobs.claim(1, 1min, false, 0);
        co_await jobs.bury(claimed.jobs.at(0), "2link dead", claimed.now);
        listed = co_await jobs.list();
        BOOST_TEST(listed.size() == 1U);
        BOOST_CHECK(listed.at(0).where == store::ListedJob::Where::dead);
        BOOST_TEST(listed.at(0).job.bytes == "2link dead");
    });
}

BOOST_AUTO_TEST_CASE(competing_workers_get_each_job_once) {
    run([](const Context& store) -> Awaitable<void> {
        const JobStore jobs(store);
        constexpr int count = 2000;
        for (int i = 0; i < count; ++i) {
            std::string job = "2job-" + std::to_string(i);
            co_await owe(store, static_cast<unsigned>(i) % partitions, job);
        }
        std::map<std::string, int> seen;
        for (unsigned turn = 0;; ++turn) {
            const Claimed claimed = co_await jobs.claim(37, 1min, turn % 2 == 0, turn);
            if (claimed.jobs.empty()) break;
            for (const QueuedJob& job : claimed.jobs) {
                ++seen[job.bytes];
                co_await jobs.finish(job);
            }
        }
        BOOST_TEST(seen.size() == static_cast<std::size_t>(count));
        for (const auto& [job, times] : seen)
            BOOST_TEST(times == 1, job);
    });
}

BOOST_AUTO_TEST_CASE(the_limiters_lua_takes_every_step_of_the_vectors) {
    run([](const Context& store) -> Awaitable<void> {
        const auto lib = MFAD_SOURCE_DIR "/src/store/scripts/lib/gcra.lua";
        const std::string script =
            "local floor, ceil = math.floor, math.ceil\n" + test::read_file(lib) +
            "local allowed, tat, remaining, retry, reset = gcra(tonumber(ARGV[1]), "
            "redis.call('GET', KEYS[1]),"
            " tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]))\n"
            "return {allowed and 1 or 0, remaining, retry, reset, string.format('%.0f', tat)}";
        const auto vectors = test::read_vectors("gcra.json");
        const auto epoch = vectors.at("epochUs").to_number<std::int64_t>();
        int steps = 0;
        for (const auto& sequence : vectors.at("sequences").as_array()) {
            const redis::Command flush("FLUSHALL");
            co_await store.exec(flush);
            const auto& policies = sequence.at("policies").as_array();
            for (const auto& call : sequence.at("calls").as_array()) {
                std::vector<std::string> arrivals;
                bool allowed = true;
                for (std::size_t i = 0; i < policies.size(); ++i) {
                    redis::Command command("EVAL");
                    command.arg(script).arg(1).arg("policy-" + std::to_string(i));
                    command.arg(epoch + call.at("atUs").to_number<std::int64_t>());
                    command.arg(policies[i].at("periodUs").to_number<std::int64_t>());
                    command.arg(policies[i].at("limit").to_number<std::int64_t>());
                    command.arg(call.at("cost").to_number<std::int64_t>());
                    const redis::Reply reply = co_await store.exec(command);
                    const auto& expected = call.at("expected").at("policies").as_array()[i];
                    BOOST_TEST((reply.at(0).integer() == 1) == expected.at("allowed").as_bool());
                    BOOST_TEST(reply.at(1).integer() == expected.at("remaining").as_int64());
                    BOOST_TEST(reply.at(2).integer() == expected.at("retryAfterUs").as_int64());
                    BOOST_TEST(reply.at(3).integer() == expected.at("resetUs").as_int64());
                    allowed = allowed && reply.at(0).integer() == 1;
                    arrivals.emplace_back(reply.at(4).text());
                }
                for (std::size_t i = 0; allowed && i < policies.size(); ++i) {
                    redis::Command set("SET");
                    set.arg("policy-" + std::to_string(i)).arg(arrivals[i]);
                    co_await store.exec(set);
                }
                ++steps;
            }
        }
        BOOST_TEST(steps == 50);
    });
}

BOOST_AUTO_TEST_SUITE_END()
