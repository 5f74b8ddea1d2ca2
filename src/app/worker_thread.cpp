#include "worker_thread.hpp"

#include "demo.hpp"
#include "service_options.hpp"

#include "mfad/mail/mailbox.hpp"
#include "mfad/mail/transport.hpp"
#include "mfad/platform/log.hpp"
#include "mfad/service/cached_sources.hpp"
#include "mfad/service/limit_metrics.hpp"
#include "mfad/service/recovery.hpp"
#include "mfad/worker/mail_worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <thread>

namespace mfad::app {
namespace {

namespace asio = runtime::asio;
namespace log = platform::log;
using platform::Config;
using worker::MailOutcome;

redis::ConnectionOptions connection_options(
    const Installation& installation, StoreHealth& health,
    std::function<void(const std::string&)> mismatch) {
    redis::ConnectionOptions options;
    options.link = without_demo_secrets(installation, installation.link("worker"));
    options.max_commands = installation.config().redis.max_waiting;
    options.link.events.up = [&health] {
        health.up();
        log::event(log::Level::info, "store.up", {{"thread", "worker"}});
    };
    options.link.events.down = [&health](const std::string& why) {
        health.down();
        log::event(log::Level::warn, "store.down", {{"thread", "worker"}, {"error", why}});
    };
    options.link.events.mismatch = std::move(mismatch);
    return options;
}

mail::StartTls start_tls(Config::StartTls value) {
    switch (value) {
    case Config::StartTls::required: return mail::StartTls::required;
    case Config::StartTls::opportunistic: return mail::StartTls::opportunistic;
    case Config::StartTls::never: break;
    }
    return mail::StartTls::never;
}

std::unique_ptr<mail::Transport> open_transport(const Config::Mail& config) {
    const auto target = mail::parse_mail_url(config.url.reveal());
    if (!target) throw StartFailure("mail.url: " + target.error());
    mail::TransportOptions options;
    options.starttls = start_tls(config.starttls);
    options.ca_file = config.ca_file.string();
    options.connections = config.connections;
    options.overall_timeout = config.timeout;
    options.connect_timeout =
        std::min<std::chrono::milliseconds>(config.timeout, options.connect_timeout);
    return mail::make_transport(*target, options);
}

mail::Mailbox sender(const Config::Mail& config) {
    const auto mailbox = mail::parse_mailbox(config.from);
    if (!mailbox) throw StartFailure("mail.from: must be an address, or a name and <address>");
    return *mailbox;
}

worker::MailWorkerOptions worker_options(const Config& config, const std::string& public_url) {
    worker::MailWorkerOptions options;
    options.public_url = public_url;
    options.from = sender(config.mail);
    options.lease = config.worker.lease;
    options.poll = config.worker.poll;
    // A mail that waited for a connection would use up its lease, and keep a code behind links.
    options.batch = std::min(config.worker.batch, config.mail.connections);
    options.limits = mail_limits(config.limits);
    return options;
}

/// The numbers of limits on mails, of which some are there from the beginning.
std::shared_ptr<service::LimitMetrics> limit_metrics(
    platform::Metrics& metrics, const domain::MailLimits& limits) {
    auto numbers = std::make_shared<service::LimitMetrics>(metrics);
    for (const auto* policies : {&limits.recipient, &limits.tenant, &limits.domain, &limits.all})
        for (const domain::RatePolicy& policy : *policies)
            numbers->declare(policy.name);
    return numbers;
}

/// The worker's numbers, as its events make them.
worker::MailEvents metric_events(
    platform::Metrics& metrics, const std::shared_ptr<service::LimitMetrics>& limits) {
    std::array<platform::Counter*, worker::mail_outcomes> counters{};
    for (std::size_t i = 0; i < counters.size(); ++i)
        counters[i] = &metrics.counter(
            "mfad_mail_jobs_total", "Mail jobs, by what became of an attempt.",
            {{"outcome", std::string(to_string(static_cast<MailOutcome>(i)))}});
    auto& age = metrics.histogram(
        "mfad_mail_delivery_age_seconds", "From the making of a mail to its delivery.",
        platform::latency_bounds);
    auto& misconfigured = metrics.counter(
        "mfad_mail_misconfigured_total", "Attempts that failed for want of a right set-up.");
    worker::MailEvents events;
    events.settled = [counters, &age](MailOutcome outcome, std::chrono::milliseconds time) {
        counters[static_cast<std::size_t>(outcome)]->add();
        if (outcome == MailOutcome::delivered) age.observe(time);
    };
    events.limit = [limits](std::string_view policy, bool allowed) {
        using service::LimitDecision;
        limits->count(policy, allowed ? LimitDecision::allowed : LimitDecision::limited);
    };
    events.misconfigured = [&misconfigured](const std::string& why) {
        misconfigured.add();
        log::event(log::Level::error, "mail.misconfigured", {{"reply", why}});
    };
    return events;
}

} // namespace

class WorkerThread::Parts {
public:
    Parts(
        const Installation& installation, platform::Metrics& metrics, const std::string& public_url,
        std::function<void(const std::string&)> mismatch)
        : guard(context.get_executor()), transport(open_transport(installation.config().mail)),
          connection(context, connection_options(installation, health, std::move(mismatch))),
          store(
              connection, installation.store_keys(), installation.config().redis.timeout,
              installation.config().audit.max_events),
          vault(installation.keys()), tenants(store, vault),
          enrollment(store, tenants, vault, enrollment_options(installation.config(), public_url)),
          recovery(store, vault, enrollment, recovery_options(installation.config()), [] {}),
          worker(
              context, store, tenants, vault, recovery, *transport,
              worker_options(installation.config(), public_url),
              metric_events(
                  metrics, limit_metrics(metrics, mail_limits(installation.config().limits)))) {}

    runtime::Awaitable<void> stop(std::chrono::milliseconds grace) {
        co_await worker.stop(grace);
        co_await connection.stop(std::chrono::milliseconds(1000));
    }

    StoreHealth health;
    asio::io_context context{1};
    asio::executor_work_guard<runtime::Executor> guard;
    std::unique_ptr<mail::Transport> transport; // its threads post to the context
    redis::Connection connection;
    store::Context store;
    service::Vault vault;
    service::UncachedTenants tenants;
    service::Enrollment enrollment;
    service::Recovery recovery;
    worker::MailWorker worker;
    std::thread thread;
};

WorkerThread::WorkerThread(
    const Installation& installation, platform::Metrics& metrics, const std::string& public_url,
    std::function<void(const std::string& why)> mismatch)
    : parts_(std::make_unique<Parts>(installation, metrics, public_url, std::move(mismatch))) {}

WorkerThread::~WorkerThread() = default;

void WorkerThread::start() {
    parts_->connection.start();
    parts_->worker.start();
    parts_->thread = std::thread([parts = parts_.get()] { parts->context.run(); });
}

void WorkerThread::use_keys(std::shared_ptr<const platform::KeyRing> ring) {
    asio::post(parts_->context, [parts = parts_.get(), ring = std::move(ring)] {
        parts->vault = service::Vault(*ring);
    });
}

void WorkerThread::use_limits(const Config::Limits& limits) {
    asio::post(parts_->context, [parts = parts_.get(), limits = mail_limits(limits)] {
        parts->worker.use_limits(limits);
    });
}

std::function<void()> WorkerThread::waker() const {
    return parts_->worker.waker();
}

runtime::Awaitable<void> WorkerThread::stop(std::chrono::milliseconds grace) {
    auto stopped = asio::co_spawn(parts_->context, parts_->stop(grace), runtime::use_awaitable);
    co_await std::move(stopped);
    // After its grace the transport reports what it cut off; nobody acts on that any more, and the
    // leases end.
    parts_->transport->stop(std::chrono::milliseconds{0});
    parts_->guard.reset();
    if (parts_->thread.joinable()) parts_->thread.join();
}

const StoreHealth& WorkerThread::store_health() const {
    return parts_->health;
}

} // namespace mfad::app
