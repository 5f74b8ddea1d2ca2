// With log_sink, the one user of spdlog.
#include "mfad/platform/log.hpp"

#include "log_line.hpp"
#include "log_sink.hpp"

#include <stdexcept>

namespace mfad::platform::log {

struct Writer::Parts {
    explicit Parts(const Options& o)
        : options(o), queue(std::make_shared<spdlog::details::thread_pool>(o.queue, 1)),
          sink(std::make_shared<FdSink>(o.fd, *queue)),
          // async_logger has to be owned by a shared_ptr; overrun_oldest is what never blocks.
          logger(std::make_shared<spdlog::async_logger>(
              "", sink, queue, spdlog::async_overflow_policy::overrun_oldest)) {
        logger->set_level(spdlog::level::trace);
    }

    Options options;
    std::shared_ptr<spdlog::details::thread_pool> queue;
    std::shared_ptr<FdSink> sink;
    std::shared_ptr<spdlog::async_logger> logger;
};

namespace {
// The log that `write` uses; null when none runs. Set and cleared by its Writer alone.
std::atomic<spdlog::async_logger*> running{nullptr};
} // namespace

Writer::Writer(const Options& options) : parts_(std::make_unique<Parts>(options)) {
    spdlog::async_logger* none = nullptr;
    if (!running.compare_exchange_strong(none, parts_->logger.get()))
        throw std::logic_error("a log is running already");
    detail::threshold.store(static_cast<int>(options.level), std::memory_order_relaxed);
}

Writer::~Writer() {
    detail::threshold.store(256, std::memory_order_relaxed);
    running.store(nullptr);
    parts_->sink->close(std::chrono::steady_clock::now() + parts_->options.patience);
    parts_->logger->flush(); // behind the last line
    parts_->queue.reset();   // its thread writes what is queued, and ends
}

std::uint64_t Writer::dropped() const {
    return parts_->queue->overrun_counter() + parts_->sink->lost();
}

void write(Level level, std::string_view name, std::initializer_list<Field> fields) {
    spdlog::async_logger* const logger = running.load(std::memory_order_acquire);
    if (!logger) return;
    thread_local std::string line;
    const auto now = std::chrono::system_clock::now();
    line.clear();
    append_line(
        line, std::chrono::time_point_cast<std::chrono::milliseconds>(now), level, name,
        {fields.begin(), fields.size()});
    logger->log(now, {}, spdlog::level::info, line);
}

} // namespace mfad::platform::log
