#include "mfad/redis/connection.hpp"
#include "mfad/redis/private_server.hpp"

#include "run_coroutine.hpp"
#include "temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mfad::redis;
using namespace mfad::test;
using namespace std::chrono_literals;
using mfad::runtime::Awaitable;
using mfad::runtime::SteadyClock;
using Role = PrivateServer::Role;
namespace asio = mfad::runtime::asio;

namespace {

const std::string config_path = MFAD_SOURCE_DIR "/config/redis.conf";

PrivateServerOptions shipped_options() {
    std::ifstream file(config_path);
    PrivateServerOptions options;
    options.config.assign(std::istreambuf_iterator<char>(file), {});
    BOOST_REQUIRE(!options.config.empty());
    return options;
}

// One command on a connection of its own: the text of its reply.
std::string ask(const Endpoint& endpoint, std::vector<std::string> words) {
    std::string text;
    run_coroutine([&](asio::io_context& context) -> Awaitable<void> {
        ConnectionOptions options;
        options.link.endpoint = endpoint;
        Connection connection(context, options);
        connection.start();
        Command command(words.at(0));
        for (std::size_t i = 1; i < words.size(); ++i)
            command.arg(words[i]);
        const Reply reply = co_await connection.exec(command, SteadyClock::now() + 20s);
        if (reply.is_array())
            text = reply.at(1).text();
        else
            text = reply.text_or_nil().value_or("(nil)");
        co_await connection.stop(1s);
    });
    return text;
}

// A process that has exited may stay as a zombie where nobody waits for orphans.
bool is_running(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string stat(std::istreambuf_iterator<char>(file), {});
    const auto state = stat.find(") ");
    return state != std::string::npos && stat.at(state + 2) != 'Z';
}

/// Another process that acquires the directory and keeps what it got until it is told to end.
class Holder {
public:
    explicit Holder(const std::string& directory) {
        std::array<int, 2> to{};
        std::array<int, 2> from{};
        BOOST_REQUIRE(pipe2(to.data(), O_CLOEXEC) == 0 && pipe2(from.data(), O_CLOEXEC) == 0);
        pid_ = fork();
        if (pid_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            dup2(to[0], STDIN_FILENO);
            dup2(from[1], STDOUT_FILENO);
            execl(
                MFAD_PRIVATE_SERVER_HOLDER, "holder", directory.c_str(), config_path.c_str(),
                nullptr);
            _exit(127);
        }
        close(to[0]);
        close(from[1]);
        in_ = to[1];
        out_ = from[0];
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    ~Holder() {
        end();
        close(out_);
    }

    /// "owner", "guest" or "error"; waits for it.
    std::string role() {
        if (line_.empty()) {
            char c = 0;
            while (read(out_, &c, 1) == 1 && c != '\n')
                line_ += c;
        }
        return line_.substr(0, line_.find(' '));
    }
    pid_t server() {
        role();
        return static_cast<pid_t>(std::stoi(line_.substr(line_.find(' '))));
    }

    pid_t pid() const { return pid_; }
    void kill_9() {
        ::kill(pid_, SIGKILL);
        reap();
    }
    void end() {
        if (in_ >= 0) close(std::exchange(in_, -1));
        reap();
    }

private:
    void reap() {
        if (pid_ > 0) waitpid(std::exchange(pid_, 0), nullptr, 0);
    }

    pid_t pid_ = 0;
    int in_ = -1;
    int out_ = -1;
    std::string line_;
};

struct Directory {
    TempDir temporary;
    std::string path = temporary.file("data dir"); // made by whoever acquires it
    Endpoint endpoint = Endpoint::unix_socket(path + "/redis.sock");
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(redis_private_server_tests, Directory)

BOOST_AUTO_TEST_CASE(when_nobody_owns_the_directory_then_a_server_is_started_and_its_data_stays) {
    pid_t first = 0;
    {
        auto server = PrivateServer::acquire(path, shipped_options());
        BOOST_TEST((server.role() == Role::owner));
        first = server.pid();
        BOOST_TEST(is_running(first));
        BOOST_TEST(getpgid(first) == first); // Ctrl-C does not reach it
        BOOST_TEST(ask(server.endpoint(), {"SET", "k", "v"}) == "OK");
        BOOST_TEST(!server.exited());
    }
    BOOST_TEST(!is_running(first));
    auto server = PrivateServer::acquire(path, shipped_options());
    BOOST_TEST((server.role() == Role::owner));
    BOOST_TEST(ask(server.endpoint(), {"GET", "k"}) == "v");
    server.stop();
    BOOST_TEST(server.pid() == 0);
}

BOOST_AUTO_TEST_CASE(when_the_shipped_configuration_is_used_then_redis_reports_it) {
    auto server = PrivateServer::acquire(path, shipped_options());
    const std::vector<std::pair<std::string, std::string>> wanted{
        {"appendonly", "yes"},
        {"appendfsync", "everysec"},
        {"save", ""},
        {"maxmemory-policy", "noeviction"},
        {"port", "0"},
        {"hash-max-listpack-value", "512"},
        {"unixsocketperm", "700"},
        {"dir", path},
        {"daemonize", "no"},
    };
    for (const auto& [name, value] : wanted)
        BOOST_TEST(ask(server.endpoint(), {"CONFIG", "GET", name}) == value, name);
}

BOOST_AUTO_TEST_CASE(when_another_process_owns_the_directory_then_its_server_is_shared) {
    Holder owner(path);
    BOOST_TEST(owner.role() == "owner");
    {
        auto guest = PrivateServer::acquire(path, shipped_options());
        BOOST_TEST((guest.role() == Role::guest));
        BOOST_TEST(guest.pid() == 0);
        BOOST_TEST(ask(guest.endpoint(), {"SET", "k", "v"}) == "OK");
        BOOST_CHECK_THROW(guest.restart(), std::logic_error);
    }
    BOOST_TEST(is_running(owner.server())); // a guest that goes takes nothing along
    const pid_t old_server = owner.server();
    owner.end();
    BOOST_TEST(!is_running(old_server));
    auto next = PrivateServer::acquire(path, shipped_options());
    BOOST_TEST((next.role() == Role::owner));
    BOOST_TEST(ask(next.endpoint(), {"GET", "k"}) == "v");
}

BOOST_AUTO_TEST_CASE(when_many_processes_come_at_once_then_one_of_them_owns) {
    std::vector<std::unique_ptr<Holder>> holders;
    for (int i = 0; i < 5; ++i)
        holders.push_back(std::make_unique<Holder>(path));
    int owners = 0;
    int guests = 0;
    for (const auto& holder : holders) {
        owners += holder->role() == "owner" ? 1 : 0;
        guests += holder->role() == "guest" ? 1 : 0;
    }
    BOOST_TEST(owners == 1);
    BOOST_TEST(guests == 4);
}

BOOST_AUTO_TEST_CASE(when_the_owner_is_killed_then_its_server_saves_and_the_next_owner_finds_all) {
    for (int round = 0; round < 3; ++round) {
        Holder owner(path);
        BOOST_TEST(owner.role() == "owner");
        const pid_t old_server = owner.server();
        const std::string expected = round == 0 ? "(nil)" : std::to_string(round - 1);
        BOOST_TEST(ask(endpoint, {"GET", "round"}) == expected);
        BOOST_TEST(ask(endpoint, {"SET", "round", std::to_string(round)}) == "OK");
        owner.kill_9();
        auto next = PrivateServer::acquire(path, shipped_options());
        BOOST_TEST((next.role() == Role::owner));
        BOOST_TEST(!is_running(old_server)); // never two servers on one directory
        BOOST_TEST(ask(next.endpoint(), {"GET", "round"}) == std::to_string(round));
    }
}

BOOST_AUTO_TEST_CASE(when_the_server_is_killed_then_the_owner_hears_it_and_starts_it_again) {
    auto server = PrivateServer::acquire(path, shipped_options());
    BOOST_TEST(ask(server.endpoint(), {"SET", "k", "v"}) == "OK");
    const pid_t old_server = server.pid();
    BOOST_CHECK_THROW(server.restart(), std::logic_error);
    kill(old_server, SIGKILL);
    std::optional<std::string> how;
    while (!(how = server.exited()))
        std::this_thread::sleep_for(1ms);
    BOOST_TEST(*how == "signal 9");
    BOOST_TEST(server.pid() == 0);
    server.restart();
    BOOST_TEST(server.pid() != old_server);
    BOOST_TEST(ask(server.endpoint(), {"GET", "k"}) == "v");
}

BOOST_AUTO_TEST_CASE(when_the_data_takes_time_to_load_then_the_server_is_handed_out_whole) {
    auto options = shipped_options();
    options.config += "\nenable-debug-command local\n";
    {
        auto server = PrivateServer::acquire(path, options);
        BOOST_TEST(ask(server.endpoint(), {"DEBUG", "POPULATE", "2000"}) == "OK");
        // DEBUG writes no log of what it does: the rewrite takes all that is there.
        BOOST_TEST(ask(server.endpoint(), {"SET", "last", "one"}) == "OK");
        BOOST_TEST(ask(server.endpoint(), {"BGREWRITEAOF"}) != "");
        const auto rewriting = [&server] {
            const auto info = ask(server.endpoint(), {"INFO", "persistence"});
            return info.find("aof_rewrite_in_progress:0") == std::string::npos ||
                   info.find("aof_rewrite_scheduled:0") == std::string::npos;
        };
        while (rewriting())
            std::this_thread::sleep_for(5ms);
    }
    options.config += "\nkey-load-delay 200\nloading-process-events-interval-bytes 1024\n";
    auto server = PrivateServer::acquire(path, options);
    BOOST_TEST(ask(server.endpoint(), {"GET", "last"}) == "one");
    BOOST_TEST(ask(server.endpoint(), {"GET", "key:1999"}) == "value:1999");
}

BOOST_AUTO_TEST_CASE(when_a_server_cannot_be_started_then_the_text_says_why) {
    const auto refusal = [this](const PrivateServerOptions& options) {
        try {
            PrivateServer::acquire(path, options);
            return std::string("started");
        } catch (const std::runtime_error& e) {
            return std::string(e.what());
        }
    };
    auto options = shipped_options();
    options.config += "\nno-such-directive yes\n";
    BOOST_TEST(refusal(options).find("no-such-directive") != std::string::npos, refusal(options));
    options = shipped_options();
    options.program = "no-such-program";
    BOOST_TEST(
        refusal(options) == "private Redis: no-such-program is not installed (not found in PATH)");
    options.program = "/no/such/program";
    BOOST_TEST(
        refusal(options) ==
        "private Redis: cannot run /no/such/program: No such file or directory");
    // None of these left the directory occupied.
    BOOST_TEST(refusal(shipped_options()) == "started");
    BOOST_CHECK_THROW(
        PrivateServer::acquire(path + std::string(100, 'x'), shipped_options()),
        std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
