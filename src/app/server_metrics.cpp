#include "server_metrics.hpp"

namespace mfad::app {
namespace {

using Threads = std::vector<std::unique_ptr<ServeThread>>;

/// The sum of one of the threads' counters.
platform::Metrics::Source sum_of(
    const Threads& threads, http::Counter http::ServerCounters::*counter) {
    return [&threads, counter] {
        std::int64_t sum = 0;
        for (const auto& thread : threads)
            sum += (thread->http_counters().*counter).value();
        return static_cast<double>(sum);
    };
}

platform::Metrics::Source faults_of(const Threads& threads, http::Fault fault) {
    return [&threads, fault] {
        std::int64_t sum = 0;
        for (const auto& thread : threads)
            sum += thread->http_counters().of(fault).value();
        return static_cast<double>(sum);
    };
}

} // namespace

void watch_threads(platform::Metrics& metrics, const Threads& threads) {
    using Counters = http::ServerCounters;
    metrics.watch_gauge(
        "mfad_http_connections", "Open connections.", sum_of(threads, &Counters::connections_open));
    metrics.watch_counter(
        "mfad_http_connections_total", "Connections that were accepted.",
        sum_of(threads, &Counters::connections_total));
    metrics.watch_counter(
        "mfad_http_connections_refused_total", "Connections over the limit, closed at once.",
        sum_of(threads, &Counters::connections_refused));
    metrics.watch_counter(
        "mfad_http_connections_refused_per_address_total",
        "Connections over the limit of their client, closed at once.",
        sum_of(threads, &Counters::connections_refused_per_address));
    metrics.watch_counter(
        "mfad_http_proxy_headers_missing_total",
        "Connections closed for want of a PROXY header from a trusted proxy.",
        sum_of(threads, &Counters::proxy_headers_missing));
    metrics.watch_counter(
        "mfad_http_accept_failures_total", "Pauses in accepting for want of descriptors or memory.",
        sum_of(threads, &Counters::accept_failures));
    metrics.watch_counter(
        "mfad_http_sessions_failed_total", "Connections that ended by a failure of ours.",
        sum_of(threads, &Counters::sessions_failed));
    metrics.watch_gauge(
        "mfad_http_requests_running", "Requests that are being worked on.",
        sum_of(threads, &Counters::requests_running));
    for (std::size_t i = 0; i < http::fault_count; ++i)
        metrics.watch_counter(
            "mfad_http_faults_total", "Requests that HTTP itself refuses, by status.",
            faults_of(threads, static_cast<http::Fault>(i)),
            {{"status", std::to_string(http::status_of(static_cast<http::Fault>(i)))}});
    metrics.watch_gauge(
        "mfad_store_up", "Whether every thread has its connection to Redis.", [&threads] {
            for (const auto& thread : threads)
                if (thread->store_health().away().count() > 0) return 0.0;
            return 1.0;
        });
}

} // namespace mfad::app
