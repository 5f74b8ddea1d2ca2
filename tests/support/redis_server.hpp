#pragma once

#include "temp_dir.hpp"

#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mfad::test {

/// A throw-away redis-server on a unix socket in a directory of its own; nothing is written to
/// disk.
///
/// Starts in some 15 ms. Most suites share one (`SharedRedis`); a case that stops or kills its
/// server owns one.
class RedisServer {
public:
    explicit RedisServer(std::vector<std::string> more_arguments = {})
        : arguments_(
              {"redis-server", "--port", "0", "--unixsocket", socket_path(), "--save", "",
               "--appendonly", "no", "--enable-debug-command", "local", "--dir",
               dir_.path().string(), "--logfile", dir_.file("log"), "--daemonize", "no"}) {
        arguments_.insert(arguments_.end(), more_arguments.begin(), more_arguments.end());
        start();
    }
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;
    ~RedisServer() { kill(); }

    std::string socket_path() const { return dir_.file("r.sock"); }
    std::string url() const { return "unix://" + socket_path(); }
    pid_t pid() const { return pid_; }

    void start() {
        std::vector<char*> argv;
        for (auto& argument : arguments_)
            argv.push_back(argument.data());
        argv.push_back(nullptr);
        pid_ = fork();
        if (pid_ < 0) throw std::runtime_error("fork failed");
        if (pid_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            execvp(argv[0], argv.data());
            _exit(127);
        }
        wait_until_ready();
    }

    /// kill -9, and gone when this returns.
    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::kill(pid_, SIGCONT);
        waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }

    void freeze() { ::kill(pid_, SIGSTOP); }
    void thaw() { ::kill(pid_, SIGCONT); }

    /// Sends an inline command on a connection of its own; the first line of the reply, without its
    /// end.
    std::string ask(std::string_view command) const {
        const int fd = connect();
        if (fd < 0) throw std::runtime_error("redis-server does not listen");
        std::string line(command);
        line += "\r\n";
        std::string reply;
        if (send(fd, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size())) {
            char c = 0;
            while (read(fd, &c, 1) == 1 && c != '\r')
                reply += c;
        }
        close(fd);
        return reply;
    }

private:
    int connect() const {
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, socket_path().c_str(), sizeof(address.sun_path) - 1);
        const timeval limit{.tv_sec = 20, .tv_usec = 0};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return fd;
        close(fd);
        return -1;
    }

    bool answers() const {
        const int fd = connect();
        if (fd < 0) return false;
        close(fd);
        const std::string reply = ask("PING");
        return reply == "+PONG" || reply.starts_with("-NOAUTH");
    }

    void wait_until_ready() {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!answers()) {
            if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
                pid_ = 0;
                throw std::runtime_error("redis-server ended at start: is it installed?");
            }
            if (std::chrono::steady_clock::now() > end)
                throw std::runtime_error("redis-server did not answer in time");
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    }

    TempDir dir_;
    std::vector<std::string> arguments_;
    pid_t pid_ = 0;
};

/// For test cases: the server that the cases of a program share, empty at the start of each.
struct SharedRedis {
    RedisServer& server = instance();

    SharedRedis() {
        server.ask("FLUSHALL");
        server.ask("SCRIPT FLUSH");
    }

    static RedisServer& instance() {
        static RedisServer server;
        return server;
    }
};

} // namespace mfad::test
