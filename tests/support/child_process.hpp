#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mfad::test {

/// A program that a test started. Its standard input is a pipe that ends with the test, however
/// that ends; its standard output is read here, its errors show among the test's. Ended by its pid
/// at the latest in the destructor.
class ChildProcess {
public:
    /// @param arguments the program (with its path, or looked up in PATH) and its arguments
    explicit ChildProcess(std::vector<std::string> arguments) {
        std::array<int, 2> in{};
        std::array<int, 2> out{};
        if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0)
            throw std::runtime_error("no pipe");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
        std::vector<char*> argv;
        for (auto& argument : arguments)
            argv.push_back(argument.data());
        argv.push_back(nullptr);
        const int error = ::posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        ::close(in[0]);
        ::close(out[1]);
        input_ = in[1];
        output_ = out[0];
        if (error != 0) throw std::runtime_error("cannot start " + arguments.front());
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess() {
        close_input();
        end(SIGTERM);
        ::close(output_);
    }

    pid_t pid() const { return pid_; }

    void close_input() {
        if (input_ >= 0) ::close(std::exchange(input_, -1));
    }

    /// The next line of output without its line end; throws when none comes in time.
    std::string read_line(std::chrono::milliseconds limit = std::chrono::seconds{30}) {
        for (;;) {
            const auto end = unread_.find('\n');
            if (end != std::string::npos) {
                std::string line = unread_.substr(0, end);
                unread_.erase(0, end + 1);
                return line;
            }
            if (!read_more(limit)) throw std::runtime_error("a child process said nothing");
        }
    }

    /// All that is still to come of its output.
    std::string read_all() {
        while (read_more(std::chrono::seconds{60})) {
        }
        return std::exchange(unread_, {});
    }

    /// Waits for its end: the exit status, or -1 when a signal ended it.
    int wait() {
        int status = 0;
        if (pid_ > 0) ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    /// Ends it by a signal, and by SIGKILL when that is not heeded within ten seconds.
    void end(int signal) {
        if (pid_ <= 0) return;
        ::kill(pid_, signal);
        for (int i = 0; i < 1000; ++i) {
            if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
                pid_ = -1;
                return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
        ::kill(pid_, SIGKILL);
        wait();
    }

private:
    bool read_more(std::chrono::milliseconds limit) {
        pollfd ready{output_, POLLIN, 0};
        if (::poll(&ready, 1, static_cast<int>(limit.count())) <= 0) return false;
        std::array<char, 4096> buffer{};
        const ssize_t got = ::read(output_, buffer.data(), buffer.size());
        if (got <= 0) return false;
        unread_.append(buffer.data(), static_cast<std::size_t>(got));
        return true;
    }

    pid_t pid_ = -1;
    int input_ = -1;
    int output_ = -1;
    std::string unread_;
};

/// Runs a program to its end; throws unless it succeeds. Returns its output.
inline std::string run_program(std::vector<std::string> arguments) {
    const std::string name = arguments.front();
    ChildProcess child(std::move(arguments));
    child.close_input();
    std::string output = child.read_all();
    if (child.wait() != 0) throw std::runtime_error(name + " failed: " + output);
    return output;
}

} // namespace mfad::test
