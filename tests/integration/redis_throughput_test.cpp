#include "mfad/redis/connection.hpp"

#include "redis_server.hpp"
#include "run_coroutine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdio>

#include <sys/resource.h>

using namespace mfad::redis;
using namespace mfad::test;
using namespace std::chrono_literals;
using mfad::runtime::Awaitable;
using mfad::runtime::SteadyClock;
namespace asio = mfad::runtime::asio;

namespace {

std::chrono::microseconds cpu_time() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto micros = [](const timeval& t) {
        return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
    };
    return micros(usage.ru_utime) + micros(usage.ru_stime);
}

// One caller: reads a hash as the product does, again and again.
Awaitable<void> call(Connection& connection, int& left, int& running) {
    Command command("HMGET");
    while (left-- > 0) {
        command.reset("HMGET");
        command.arg("mfa:{p12}:u:4:acme:42").arg("s").arg("v").arg("f").arg("t");
        const Reply reply = co_await connection.exec(command, SteadyClock::now() + 2s);
        BOOST_REQUIRE(reply.size() == 4);
    }
    --running;
}

Awaitable<void> measure(asio::io_context& context, Connection& connection, int callers, int count) {
    int left = count;
    int running = callers;
    const auto batches = connection.counters().batches;
    const auto began = SteadyClock::now();
    const auto cpu = cpu_time();
    for (int i = 0; i < callers; ++i)
        asio::co_spawn(context, call(connection, left, running), [](std::exception_ptr error) {
            if (error) std::rethrow_exception(error);
        });
    co_await until([&] { return running == 0; });
    const std::chrono::duration<double> took = SteadyClock::now() - began;
    const std::chrono::duration<double, std::micro> spent = cpu_time() - cpu;
    std::printf(
        "redis: %4d in flight: %7.0f commands/s, %.2f us CPU each, %.1f a batch\n", callers,
        count / took.count(), spent.count() / count,
        static_cast<double>(count) / static_cast<double>(connection.counters().batches - batches));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(redis_throughput_tests, SharedRedis)

// Prints, asserts nothing: the machine decides. The numbers mean something in a release build only.
BOOST_AUTO_TEST_CASE(how_fast_one_connection_is) {
    server.ask("HSET mfa:{p12}:u:4:acme:42 s 12345 v 1 f 6");
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        ConnectionOptions options;
        options.link.endpoint = Endpoint::unix_socket(server.socket_path());
        Connection connection(context, options);
        connection.start();
        for (const int callers : {1, 8, 64, 256})
            co_await measure(context, connection, callers, callers == 1 ? 20'000 : 100'000);
        co_await connection.stop(1s);
    });
}

BOOST_AUTO_TEST_SUITE_END()
