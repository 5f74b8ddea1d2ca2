#include "mfad/redis/private_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mfad::redis {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what, int error = 0) {
    throw std::runtime_error(
        "private Redis: " + what + (error == 0 ? "" : ": " + std::string(std::strerror(error))));
}

class File {
public:
    File() = default;
    explicit File(int descriptor) : descriptor_(descriptor) {}
    File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~File() { close(); }

    static File open(const std::string& path, int flags) {
        const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
        if (descriptor < 0) fail("cannot open " + path, errno);
        return File(descriptor);
    }

    int get() const { return descriptor_; }
    bool is_open() const { return descriptor_ >= 0; }
    void close() noexcept {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }

private:
    int descriptor_ = -1;
};

bool try_lock(const File& file) {
    return flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

// Looks every few milliseconds; whether the condition came true in time.
bool wait_until(std::chrono::milliseconds limit, const std::function<bool()>& condition) {
    const auto end = Clock::now() + limit;
    while (!condition()) {
        if (Clock::now() > end) return false;
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

// What a server on this socket says to PING; empty when nobody answers.
std::string ping(const std::string& socket_path) {
    const File connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{.tv_sec = 2, .tv_usec = 0};
    setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (connect(connection.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
        return "";
    constexpr std::string_view request = "PING\r\n";
    std::array<char, 256> reply{};
    if (send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return "";
    const ssize_t count = recv(connection.get(), reply.data(), reply.size(), 0);
    return count > 0 ? std::string(reply.data(), static_cast<std::size_t>(count)) : "";
}

bool is_ready(const std::string& socket_path) {
    const std::string reply = ping(socket_path);
    return !reply.empty() && !reply.starts_with("-LOADING");
}

std::string find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) return name;
    const char* const path = std::getenv("PATH");
    std::string_view rest = path != nullptr ? path : "/usr/bin:/bin";
    while (!rest.empty()) {
        const std::string_view folder = rest.substr(0, rest.find(':'));
        rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
        const std::string candidate = std::string(folder) + "/" + name;
        if (access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    fail(name + " is not installed (not found in PATH)");
}

// A value in redis.conf.
std::string quoted(const std::string& value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string last_lines(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    const std::streamoff size = file.tellg();
    file.seekg(std::max<std::streamoff>(0, size - 600));
    std::string text{std::istreambuf_iterator<char>(file), {}};
    while (text.ends_with('\n'))
        text.pop_back();
    return text;
}

/// What the child needs between fork and exec, where only async-signal-safe calls are allowed: all
/// made before.
struct Launch {
    const char* program;
    const char* config;
    pid_t parent;
    int null;
    int log;
    int lock;
    int report; // close-on-exec: says errno when there is no exec
};

[[noreturn]] void run_server(const Launch& launch) {
    setpgid(0, 0); // a Ctrl-C is for the owner, who stops us when it is done
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != launch.parent) _exit(0); // it died before it could be watched
    dup2(launch.null, STDIN_FILENO);
    dup2(launch.log, STDOUT_FILENO);
    dup2(launch.log, STDERR_FILENO);
    fcntl(launch.lock, F_SETFD, 0);
    char* const arguments[] = {
        const_cast<char*>(launch.program), const_cast<char*>(launch.config), nullptr};
    execv(launch.program, arguments);
    const int error = errno;
    [[maybe_unused]] const ssize_t told = write(launch.report, &error, sizeof(error));
    _exit(127);
}

} // namespace

struct PrivateServer::State {
    std::filesystem::path directory;
    PrivateServerOptions options;
    Endpoint endpoint;
    File lock; // open: owner
    pid_t pid = 0;

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { end_server(); }

    std::string file(const char* name) const { return (directory / name).string(); }

    bool try_own();
    void start();
    File take_over() const;
    void write_config() const;
    void launch(const File& server_lock);
    void await_ready();
    std::optional<std::string> reap();
    void end_server();
};

bool PrivateServer::State::try_own() {
    File file_lock = File::open(file("lock"), O_RDWR | O_CREAT);
    if (!try_lock(file_lock)) return false;
    lock = std::move(file_lock);
    return true;
}

// The lock on redis.lock belongs to the open file, which only the server keeps after this: it ends
// when the server does.
void PrivateServer::State::start() {
    File server_lock = take_over();
    write_config();
    launch(server_lock);
    server_lock.close();
    try {
        await_ready();
    } catch (...) {
        end_server();
        throw;
    }
}

File PrivateServer::State::take_over() const {
    File server_lock = File::open(file("redis.lock"), O_RDWR | O_CREAT);
    if (!wait_until(options.takeover_timeout, [&] { return try_lock(server_lock); }))
        fail("the server of the previous owner of " + directory.string() + " has not exited");
    return server_lock;
}

void PrivateServer::State::write_config() const {
    const std::string path = file("redis.conf");
    std::string text = "# Written at every start: changes are lost.\n\n" + options.config +
                       "\n\n# Fixed by the program that runs this server.\ndaemonize no\nport 0\n";
    text += "unixsocket " + quoted(endpoint.path) + "\nunixsocketperm 700\n";
    text += "dir " + quoted(directory.string()) + "\nlogfile " + quoted(file("redis.log")) + "\n";
    const File out = File::open(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (write(out.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        fail("cannot write " + path, errno);
}

void PrivateServer::State::launch(const File& server_lock) {
    const std::string program = find_program(options.program);
    const std::string config = file("redis.conf");
    const File null = File::open("/dev/null", O_RDWR);
    const File log = File::open(file("redis.log"), O_WRONLY | O_CREAT | O_APPEND);
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) fail("cannot make a pipe", errno);
    const File report(ends[0]);
    File child_report(ends[1]);
    const Launch child{program.c_str(), config.c_str(),    getpid(),          null.get(),
                       log.get(),       server_lock.get(), child_report.get()};
    const pid_t forked = fork();
    if (forked < 0) fail("cannot fork", errno);
    if (forked == 0) run_server(child);
    pid = forked;
    child_report.close();
    int error = 0;
    if (read(report.get(), &error, sizeof(error)) > 0) {
        waitpid(std::exchange(pid, 0), nullptr, 0);
        fail("cannot run " + program, error);
    }
}

void PrivateServer::State::await_ready() {
    std::optional<std::string> ended;
    const bool in_time = wait_until(options.start_timeout, [&] {
        ended = reap();
        return ended || is_ready(endpoint.path);
    });
    const std::string log = file("redis.log");
    if (ended)
        fail(
            "the server ended at its start (" + *ended + "); " + log + " says:\n" +
            last_lines(log));
    if (!in_time) fail("the server did not answer in time; see " + log);
}

std::optional<std::string> PrivateServer::State::reap() {
    if (pid <= 0) return std::nullopt;
    int status = 0;
    const pid_t waited = waitpid(pid, &status, WNOHANG);
    if (waited == 0) return std::nullopt;
    pid = 0;
    if (waited < 0) return "unknown"; // somebody else has waited for our child
    if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
    return "status " + std::to_string(WEXITSTATUS(status));
}

void PrivateServer::State::end_server() {
    const auto gone = [this] { return pid <= 0 || reap().has_value(); };
    for (const int signal : {SIGTERM, SIGKILL}) {
        if (pid > 0) kill(pid, signal);
        if (wait_until(options.stop_timeout, gone)) break;
    }
}

PrivateServer::PrivateServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
PrivateServer::PrivateServer(PrivateServer&&) noexcept = default;
PrivateServer& PrivateServer::operator=(PrivateServer&&) noexcept = default;

PrivateServer::~PrivateServer() = default;

PrivateServer PrivateServer::acquire(
    const std::filesystem::path& directory, PrivateServerOptions options) {
    auto state = std::make_unique<State>();
    state->directory = std::filesystem::absolute(directory);
    state->options = std::move(options);
    state->endpoint = Endpoint::unix_socket(state->file("redis.sock"));
    if (std::filesystem::create_directories(state->directory))
        std::filesystem::permissions(state->directory, std::filesystem::perms::owner_all);
    // A guest whose owner goes away before its server ever answered takes over.
    const bool decided = wait_until(state->options.start_timeout, [&state] {
        return state->try_own() || is_ready(state->endpoint.path);
    });
    if (!decided)
        fail(
            "another process holds " + state->file("lock") +
            ", but its server does not answer on " + state->endpoint.path);
    PrivateServer server(std::move(state));
    if (server.role() == Role::owner) server.state_->start();
    return server;
}

PrivateServer::Role PrivateServer::role() const {
    return state_->lock.is_open() ? Role::owner : Role::guest;
}

const Endpoint& PrivateServer::endpoint() const {
    return state_->endpoint;
}

pid_t PrivateServer::pid() const {
    return state_->pid;
}

std::optional<std::string> PrivateServer::exited() {
    return state_->reap();
}

void PrivateServer::restart() {
    if (role() != Role::owner || state_->pid > 0)
        throw std::logic_error("only a server that has ended is restarted, by its owner");
    state_->start();
}

void PrivateServer::stop() {
    if (role() == Role::guest) return;
    state_->end_server();
    state_->lock.close();
}

} // namespace mfad::redis
