#include "http_client.hpp"
#include "http_toy.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <csignal>
#include <fstream>
#include <iostream>

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mfad::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr std::size_t many = 10'000;
constexpr double most_kib_each = 12;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_tells = false; // a sanitizer's own memory is many times the program's
#else
constexpr bool memory_tells = true;
#endif

/// Raises the soft limit of descriptors to the hard one. False when that is not enough.
bool can_open(std::size_t count) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    return limit.rlim_max > count && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/// Serves until SIGTERM, on the only thread of a process of its own. Tells its port through
/// `port_pipe`.
int serve(int port_pipe) {
    malloc_trim(0); // what earlier tests have freed would hide what connections need
    asio::io_context io(1);
    ToyApplication application(io);
    mfad::http::Server server(io, {}, application);
    server.start();
    const std::uint16_t port = server.endpoint().port();
    if (write(port_pipe, &port, sizeof(port)) != sizeof(port)) return 2;
    bool clean = false;
    asio::signal_set terminate(io, SIGTERM);
    terminate.async_wait([&](const boost::system::error_code&, int) {
        asio::co_spawn(io, server.drain(30s), [&](const std::exception_ptr&, bool was_clean) {
            clean = was_clean;
        });
    });
    io.run();
    return clean ? 0 : 3;
}

/// The process that serves. Ended with its object, if not before.
class ServerProcess {
public:
    ServerProcess() {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(pipe(ends.data()) == 0);
        pid_ = fork();
        BOOST_REQUIRE(pid_ >= 0);
        if (pid_ == 0) _exit(serve(ends[1]));
        const ssize_t count = read(ends[0], &port_, sizeof(port_));
        close(ends[0]);
        close(ends[1]);
        BOOST_REQUIRE(count == sizeof(port_));
    }
    ~ServerProcess() {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
    }
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    std::uint16_t port() const { return port_; }

    void terminate() const { kill(pid_, SIGTERM); }

    /// Its exit status; -1 when a signal ended it.
    int wait() {
        int status = 0;
        waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    /// What it keeps in memory, in KiB.
    double resident() const {
        std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
        for (std::string word; file >> word;)
            if (word == "VmRSS:") {
                double kib = 0;
                file >> kib;
                return kib;
            }
        return 0;
    }

private:
    pid_t pid_ = -1;
    std::uint16_t port_ = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(http_many_tests)

BOOST_AUTO_TEST_CASE(
    when_ten_thousand_connections_are_idle_then_they_cost_little_and_all_are_served) {
    if (!can_open(many + 100)) {
        std::cerr << "SKIPPED: the hard limit of open files forbids " << many << " connections\n";
        return;
    }
    ServerProcess server;
    std::vector<HttpClient> clients;
    clients.reserve(many);
    const auto serve_one = [&](std::size_t i) { return clients[i].get("/fixed").status == 200; };
    // What a first use of everything costs is not the connections'.
    for (std::size_t i = 0; i < 100; ++i) {
        clients.emplace_back(server.port());
        BOOST_REQUIRE(serve_one(i));
    }
    const double before = server.resident();
    for (std::size_t i = clients.size(); i < many; ++i) {
        clients.emplace_back(server.port());
        BOOST_REQUIRE(serve_one(i));
    }
    const double each = (server.resident() - before) / static_cast<double>(many - 100);
    BOOST_TEST_MESSAGE("KiB per idle connection: " << each);
    if (memory_tells) BOOST_TEST(each <= most_kib_each);

    for (std::size_t i = 0; i < many; i += 100)
        BOOST_TEST(serve_one(i));
    server.terminate();
    for (HttpClient& client : clients)
        BOOST_REQUIRE(client.ended());
    BOOST_TEST(server.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
