#pragma once

#include "mfad/platform/metrics.hpp"
#include "mfad/runtime/executor.hpp"
#include "mfad/store/audit_store.hpp"

#include <atomic>
#include <cstdint>

namespace mfad::app {

/// Looks every few seconds whether the bound of the audit streams has dropped events, and says so
/// in the log and in a metric. Lives on one thread's context, which has run out before it goes.
class AuditWatch {
public:
    AuditWatch(
        runtime::asio::io_context& context, const store::Context& store,
        platform::Metrics& metrics);

    void start();
    void stop();

private:
    runtime::Awaitable<void> run();
    runtime::Awaitable<void> look();

    runtime::asio::io_context& context_;
    store::AuditStore events_;
    runtime::Timer pause_;
    std::atomic<std::uint64_t> dropped_{0}; // read by whoever scrapes
    bool looked_ = false;
    bool stopping_ = false;
};

} // namespace mfad::app
