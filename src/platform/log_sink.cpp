#include "log_sink.hpp"

#include "log_line.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

namespace mfad::platform::log {
namespace {

constexpr std::size_t batch_limit = 64 << 10;
// poll() promises that this much can be written to a pipe without waiting (PIPE_BUF).
constexpr std::size_t piece_limit = 4096;
constexpr int poll_ms = 50;
// Waking this thread costs the caller more than making the line does. While it sleeps it needs no
// waking: so this is how long a line may be on its way, and bounds the wakings to a hundred a
// second.
constexpr std::chrono::milliseconds gather_time{10};

} // namespace

void FdSink::log(const spdlog::details::log_msg& message) {
    batch_.append(message.payload.data(), message.payload.size()).push_back('\n');
    if (queue_.queue_size() == 0) gather();
    if (batch_.size() >= batch_limit || queue_.queue_size() == 0) write_out();
}

void FdSink::gather() const {
    if (deadline_.load(std::memory_order_relaxed) == no_deadline)
        std::this_thread::sleep_for(gather_time);
}

void FdSink::close(Time deadline) {
    deadline_.store(deadline, std::memory_order_relaxed);
}

void FdSink::note_overrun() {
    const std::uint64_t overrun = queue_.overrun_counter();
    if (overrun == overrun_) return;
    const Field lines{"lines", overrun - overrun_};
    append_line(batch_, wall_now(), Level::warn, "log.dropped", {&lines, 1});
    batch_.push_back('\n');
    overrun_ = overrun;
}

void FdSink::write_out() {
    note_overrun();
    std::string_view rest = batch_;
    while (!rest.empty() && wait_writable()) {
        const ssize_t written = ::write(fd_, rest.data(), std::min(rest.size(), piece_limit));
        if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (written < 0) break; // nobody reads any more; say so in the count
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    const auto lost = std::count(rest.begin(), rest.end(), '\n');
    if (lost > 0) lost_.fetch_add(static_cast<std::uint64_t>(lost), std::memory_order_relaxed);
    batch_.clear();
}

bool FdSink::wait_writable() const {
    for (;;) {
        pollfd waiting{fd_, POLLOUT, 0};
        if (::poll(&waiting, 1, poll_ms) > 0) return true;
        if (std::chrono::steady_clock::now() >= deadline_.load(std::memory_order_relaxed))
            return false;
    }
}

} // namespace mfad::platform::log
