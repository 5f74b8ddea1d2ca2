#include "serve_thread.hpp"

#include "audit_watch.hpp"
#include "demo.hpp"
#include "service_options.hpp"

#include "mfad/platform/log.hpp"
#include "mfad/redis/key_watch.hpp"
#include "mfad/service/cached_sources.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <optional>
#include <thread>

namespace mfad::app {
namespace {

namespace asio = runtime::asio;
namespace log = platform::log;
using platform::Config;

redis::ConnectionOptions connection_options(
    const Shared& shared, unsigned number, StoreHealth& health) {
    redis::ConnectionOptions options;
    options.link = without_demo_secrets(
        shared.installation, shared.installation.link("serve-" + std::to_string(number)));
    options.max_commands = shared.installation.config().redis.max_waiting;
    options.link.events.up = [&health, number] {
        health.up();
        log::event(log::Level::info, "store.up", {{"thread", number}});
    };
    options.link.events.down = [&health, number](const std::string& why) {
        health.down();
        log::event(log::Level::warn, "store.down", {{"thread", number}, {"error", why}});
    };
    options.link.events.mismatch = shared.mismatch;
    return options;
}

redis::KeyWatchOptions watch_options(const Shared& shared, unsigned number) {
    redis::KeyWatchOptions options;
    options.link = shared.installation.link("watch-" + std::to_string(number));
    options.link.events.mismatch = shared.mismatch;
    options.prefixes = {
        std::string(store::Keys::credential_prefix), std::string(store::Keys::tenant_prefix)};
    return options;
}

service::SourceOptions source_options(const Config& config) {
    return {config.auth.cache_entries, config.auth.cache_lifetime, config.redis.timeout};
}

service::TokenRules token_rules(const Config& config) {
    return {
        std::chrono::duration_cast<std::chrono::seconds>(config.auth.jwt_leeway),
        std::chrono::duration_cast<std::chrono::seconds>(config.auth.jwt_max_lifetime)};
}

http::TrustedProxies trusted_proxies(const Config::Http& config) {
    using Field = http::ForwardedField;
    Field field = Field::none;
    switch (config.forwarded_header) {
    case Config::ForwardedHeader::x_forwarded_for: field = Field::x_forwarded_for; break;
    case Config::ForwardedHeader::forwarded: field = Field::forwarded; break;
    case Config::ForwardedHeader::none: break;
    }
    return {config.trusted_proxies, field};
}

http::ServerOptions server_options(const Shared& shared, unsigned threads) {
    const Config::Http& config = shared.installation.config().http;
    http::ServerOptions options;
    options.endpoint = shared.endpoint;
    options.max_connections = std::max<std::size_t>(1, config.max_connections / threads);
    options.tally = shared.connections;
    options.max_requests = std::max<std::size_t>(1, config.max_requests / threads);
    options.trusted_proxies = trusted_proxies(config);
    options.proxy_protocol = config.proxy_protocol;
    options.limits.header_bytes = config.max_header.count;
    options.limits.body_bytes = config.max_body.count;
    options.header_timeout = config.header_timeout;
    options.body_timeout = config.body_timeout;
    options.write_timeout = config.write_timeout;
    options.idle_timeout = config.idle_timeout;
    return options;
}

/// Scheme, host and port of a URL.
std::string origin_of(const std::string& url) {
    const auto host = url.find("//") + 2;
    return url.substr(0, url.find('/', host));
}

} // namespace

class ServeThread::Parts {
public:
    Parts(const Shared& shared, unsigned number, unsigned threads)
        : config(shared.installation.config()), guard(context.get_executor()),
          connection(context, connection_options(shared, number, health)),
          watch(context, watch_options(shared, number)),
          store(
              connection, shared.installation.store_keys(), config.redis.timeout,
              config.audit.max_events),
          vault(shared.installation.keys()),
          tokens(vault, access_token_options(config, shared.public_url)),
          sources(store, vault, watch, source_options(config)), limits(shared.metrics),
          failed(failed_credentials(config.limits), limits.metrics),
          authenticator(sources, sources, shared.key_sets, failed, token_rules(config)),
          enrollment(store, sources, vault, enrollment_options(config, shared.public_url)),
          settings(
              store, enrollment, vault, user_policies(config.limits), key_lifetimes(config), limits,
              shared.wake_worker),
          quotas(store, quota_options(config, config.limits), limits),
          panel(store, shared.passwords, panel_options(config, config.limits)),
          users(store, vault, key_lifetimes(config)),
          tenant_admin(store, vault, key_lifetimes(config)),
          challenges(
              store, vault, tokens, shared.passwords, challenge_options(config),
              shared.wake_worker),
          factors(store, vault, shared.wake_worker), devices(store, vault, shared.wake_worker),
          passkey_sign_in(store, vault, challenges, sources, shared.public_url),
          kept_answers(store, vault, key_lifetimes(config)),
          visits(store, sources, vault, enrollment, challenges),
          recovery(store, vault, enrollment, recovery_options(config), shared.wake_worker),
          metrics(shared.metrics, shared.routes),
          front(
              shared.routes,
              {authenticator, sources, settings, quotas, panel, users, tenant_admin, enrollment,
               tokens, challenges, factors, devices, passkey_sign_in, kept_answers,
               shared.public_url},
              {enrollment, visits, challenges, factors, recovery, devices, shared.wake_worker,
               origin_of(shared.public_url)},
              metrics, config.log.requests),
          server(context, server_options(shared, threads), front) {
        if (number == 0) audit.emplace(context, store, shared.metrics);
    }

    runtime::Awaitable<bool> stop(std::chrono::milliseconds grace) {
        const auto begun = runtime::SteadyClock::now();
        const bool clean = co_await server.drain(grace);
        co_await give_back(begun);
        if (audit) audit->stop();
        co_await watch.stop();
        co_await connection.stop(std::chrono::milliseconds(1000));
        co_return clean;
    }

    /// What this thread had of quotas then, and has not spent. Where the store is away, it is lost.
    runtime::Awaitable<void> give_back(runtime::SteadyClock::time_point then) {
        try {
            co_await quotas.give_back(then);
        } catch (const std::runtime_error& error) {
            log::event(log::Level::warn, "limits.not_given_back", {{"error", error.what()}});
        }
    }

    const Config& config;
    StoreHealth health;
    asio::io_context context{1};
    asio::executor_work_guard<runtime::Executor> guard;
    redis::Connection connection;
    redis::KeyWatch watch;
    store::Context store;
    service::Vault vault;
    service::AccessTokens tokens;
    service::CachedSources sources;
    service::LimitContext limits;
    service::FailedCredentials failed;
    service::Authenticator authenticator;
    service::Enrollment enrollment;
    service::SettingsService settings;
    service::LeasedQuotas quotas;
    service::Panel panel;
    service::Users users;
    service::TenantAdmin tenant_admin;
    service::Challenges challenges;
    service::Factors factors;
    service::Devices devices;
    service::PasskeySignIn passkey_sign_in;
    service::KeptAnswers kept_answers;
    service::Visits visits;
    service::Recovery recovery;
    RequestMetrics metrics;
    Front front;
    http::Server server;
    std::optional<AuditWatch> audit; ///< one thread looks
    std::thread thread;
};

ServeThread::ServeThread(const Shared& shared, unsigned number, unsigned threads)
    : parts_(std::make_unique<Parts>(shared, number, threads)) {}

ServeThread::~ServeThread() = default;

void ServeThread::start() {
    parts_->connection.start();
    parts_->watch.start();
    parts_->server.start();
    if (parts_->audit) parts_->audit->start();
    parts_->thread = std::thread([parts = parts_.get()] { parts->context.run(); });
}

void ServeThread::use_keys(std::shared_ptr<const platform::KeyRing> ring) {
    asio::post(parts_->context, [parts = parts_.get(), ring = std::move(ring)] {
        parts->vault = service::Vault(*ring);
    });
}

void ServeThread::use_limits(const Config::Limits& limits) {
    asio::post(parts_->context, [parts = parts_.get(), limits] {
        parts->limits.denials.clear(runtime::SteadyClock::now());
        parts->failed.use(failed_credentials(limits));
        parts->settings.use_limits(user_policies(limits));
        parts->quotas.use(quota_options(parts->config, limits));
        parts->panel.use(panel_options(parts->config, limits));
    });
}

void ServeThread::drain(
    std::chrono::milliseconds grace, const runtime::Executor& where,
    std::function<void(bool clean)> done) {
    auto stopped = [done = std::move(done)](const std::exception_ptr& thrown, bool clean) {
        if (thrown) std::rethrow_exception(thrown);
        done(clean);
    };
    asio::co_spawn(
        parts_->context, parts_->stop(grace), asio::bind_executor(where, std::move(stopped)));
}

void ServeThread::join() {
    parts_->guard.reset();
    if (parts_->thread.joinable()) parts_->thread.join();
}

const StoreHealth& ServeThread::store_health() const {
    return parts_->health;
}

const http::ServerCounters& ServeThread::http_counters() const {
    return parts_->server.counters();
}

} // namespace mfad::app
