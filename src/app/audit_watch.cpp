#include "audit_watch.hpp"

#include "mfad/platform/log.hpp"

#include <boost/asio/co_spawn.hpp>

namespace mfad::app {
namespace {

namespace log = platform::log;

constexpr std::chrono::seconds interval{5};

} // namespace

AuditWatch::AuditWatch(
    runtime::asio::io_context& context, const store::Context& store, platform::Metrics& metrics)
    : context_(context), events_(store), pause_(context) {
    metrics.watch_counter(
        "mfad_audit_dropped_total",
        "Audit events that were dropped unread, the oldest first: there were too many.",
        [this] { return static_cast<double>(dropped_.load()); });
}

void AuditWatch::start() {
    runtime::asio::co_spawn(context_, run(), [](std::exception_ptr thrown) {
        if (thrown) std::rethrow_exception(thrown);
    });
}

void AuditWatch::stop() {
    stopping_ = true;
    pause_.cancel();
}

runtime::Awaitable<void> AuditWatch::run() {
    while (!stopping_) {
        try {
            co_await look();
        } catch (const std::exception& error) {
            log::event(log::Level::debug, "audit.not_looked", {{"error", error.what()}});
        }
        if (stopping_) break;
        pause_.expires_after(interval);
        co_await pause_.async_wait(runtime::tuple_token);
    }
}

runtime::Awaitable<void> AuditWatch::look() {
    const std::uint64_t dropped = co_await events_.dropped();
    const std::uint64_t before = dropped_.exchange(dropped);
    if (looked_ && dropped > before)
        log::event(log::Level::warn, "audit.dropped", {{"events", dropped - before}});
    looked_ = true;
}

} // namespace mfad::app
