#pragma once

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <chrono>
#include <string>

namespace mfad::platform::log {

/// Writes lines to a file descriptor, those of some milliseconds together. Where lines have been
/// lost to a full queue, one says how many.
///
/// Used by the log's thread alone, but for `close` and `lost`.
class FdSink : public spdlog::sinks::sink {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// @param queue what the lines come from; outlives the calls of `log`
    FdSink(int fd, spdlog::details::thread_pool& queue) : fd_(fd), queue_(queue) {}

    void log(const spdlog::details::log_msg& message) override;
    void flush() override { write_out(); }
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

    /// From now on a reader that stands still is waited for until `deadline` only.
    void close(Time deadline);

    std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

private:
    static constexpr Time no_deadline = Time::max();

    void write_out();
    bool wait_writable() const;
    void note_overrun();
    void gather() const;

    int fd_;
    spdlog::details::thread_pool& queue_;
    std::string batch_{};
    std::uint64_t overrun_ = 0; ///< of the queue, as far as it has been noted
    std::atomic<std::uint64_t> lost_{0};
    std::atomic<Time> deadline_{no_deadline};
};

} // namespace mfad::platform::log
