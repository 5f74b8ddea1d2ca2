#include "mfad/app/server.hpp"

#include "demo.hpp"
#include "key_reload.hpp"
#include "key_set_fetching.hpp"
#include "limit_reload.hpp"
#include "ops.hpp"
#include "run_once.hpp"
#include "serve_thread.hpp"
#include "server_metrics.hpp"
#include "signals.hpp"
#include "worker_thread.hpp"

#include "mfad/mail/mail_url.hpp"
#include "mfad/platform/log.hpp"
#include "mfad/service/passkeys.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>

#include <sys/resource.h>

namespace mfad::app {
namespace {

namespace asio = runtime::asio;
namespace log = platform::log;
using platform::Config;
using tcp = asio::ip::tcp;

constexpr std::chrono::milliseconds ops_drain{500};

tcp::endpoint resolve(const platform::Endpoint& listen) {
    asio::io_context context;
    tcp::resolver resolver(context);
    boost::system::error_code error;
    const auto found =
        resolver.resolve(listen.host, std::to_string(listen.port), tcp::resolver::passive, error);
    if (error || found.empty())
        throw StartFailure("cannot listen on " + listen.host + ": " + error.message());
    return *found.begin();
}

template <class Option>
void bind(runtime::TcpSocket& socket, const tcp::endpoint& endpoint) {
    boost::system::error_code error;
    socket.open(endpoint.protocol(), error);
    if (!error) socket.set_option(Option(true), error);
    if (!error) socket.bind(endpoint, error);
    if (error)
        throw StartFailure(
            "cannot listen on " + endpoint.address().to_string() + ":" +
            std::to_string(endpoint.port()) + ": " + error.message());
}

/// Sharing a port is for the threads of one server: somebody else's is found out first.
void refuse_taken(const tcp::endpoint& endpoint) {
    asio::io_context context;
    runtime::TcpSocket probe(context);
    bind<asio::socket_base::reuse_address>(probe, endpoint);
}

/// Holds a port for the threads that are to share it. For port 0 the system has chosen one by then.
class PortHolder {
public:
    explicit PortHolder(const tcp::endpoint& endpoint) : socket_(context_) {
        refuse_taken(endpoint);
        bind<asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>>(socket_, endpoint);
    }

    tcp::endpoint endpoint() const { return socket_.local_endpoint(); }

private:
    asio::io_context context_;
    runtime::TcpSocket socket_;
};

/// Why the process has to end before it is told to; the first reason counts.
class Doom {
public:
    void set(const std::string& why) {
        const std::lock_guard lock(mutex_);
        if (why_.empty()) why_ = why;
    }
    std::string why() const {
        const std::lock_guard lock(mutex_);
        return why_;
    }

private:
    mutable std::mutex mutex_;
    std::string why_;
};

unsigned thread_count(const Config& config) {
    return config.server.threads != 0 ? config.server.threads
                                      : std::max(1U, std::thread::hardware_concurrency());
}

std::string public_url(const Config& config, const tcp::endpoint& endpoint) {
    if (!config.http.public_url.empty()) return config.public_url();
    return "http://localhost:" + std::to_string(endpoint.port());
}

void log_listening(std::string_view event, const tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    log::event(log::Level::info, event, {{"address", address}, {"port", endpoint.port()}});
}

log::Options log_options(const Config& config) {
    log::Options options;
    options.level = config.log.level;
    return options;
}

/// A whole server: threads, worker, ops listener. Lives on the main thread.
class Server {
public:
    Server(Installation& installation, LimitReload& limits, platform::Metrics& metrics)
        : config_(installation.config()), metrics_(metrics),
          signals_(context_, installation.private_server()), keys_(context_, installation),
          limits_(limits), port_(resolve(config_.http.listen)),
          passwords_(hashes_running, hashes_waiting), key_sets_(config_, metrics),
          url_(public_url(config_, port_.endpoint())) {
        const auto mismatch = [this](const std::string& why) {
            doom_.set(why);
            signals_.stop();
        };
        if (config_.worker.enabled) worker_.emplace(installation, metrics, url_, mismatch);
        if (const std::size_t most = config_.http.max_connections_per_address; most > 0)
            connections_.emplace(most);
        const Shared shared{
            installation,
            routes_,
            metrics,
            passwords_,
            key_sets_.source(),
            port_.endpoint(),
            url_,
            connections_ ? &*connections_ : nullptr,
            worker_ ? worker_->waker() : std::function<void()>([] {}),
            mismatch};
        const unsigned count = thread_count(config_);
        for (unsigned i = 0; i < count; ++i)
            threads_.push_back(std::make_unique<ServeThread>(shared, i, count));
        watch_threads(metrics, threads_);
        for (const auto& thread : threads_) {
            keys_.add_user(
                [user = thread.get()](const KeyReload::Ring& ring) { user->use_keys(ring); });
            limits_.add_user(
                [user = thread.get()](const LimitReload::Limits& now) { user->use_limits(now); });
        }
        if (worker_) {
            keys_.add_user([this](const KeyReload::Ring& ring) { worker_->use_keys(ring); });
            limits_.add_user([this](const LimitReload::Limits& now) { worker_->use_limits(now); });
        }
        signals_.on_hangup([this] { return reload(); });
        open_ops();
    }

    const std::string& url() const { return url_; }

    /// Serves until it is told to stop. @return why it had to end by itself, else ""
    std::string run(const std::function<void()>& serving) {
        for (const auto& thread : threads_)
            thread->start();
        if (worker_) worker_->start();
        log_listening("http.listening", port_.endpoint());
        for (const std::string& fault : service::faults_of_default_party(url_))
            log::event(log::Level::warn, "passkeys.unusable", {{"url", url_}, {"error", fault}});
        serving();
        asio::co_spawn(context_, main(), [](std::exception_ptr thrown) {
            if (thrown) std::rethrow_exception(thrown);
        });
        context_.run();
        return doom_.why();
    }

private:
    static constexpr unsigned hashes_running = 2;
    static constexpr unsigned hashes_waiting = 16;

    runtime::Awaitable<void> reload() {
        limits_.run();
        co_await keys_.run();
    }

    void open_ops() {
        if (!config_.ops.listen) return;
        std::vector<const StoreHealth*> stores;
        for (const auto& thread : threads_)
            stores.push_back(&thread->store_health());
        ops_.emplace(metrics_, std::move(stores), config_.ops.ready_after);
        http::ServerOptions options;
        options.endpoint = resolve(*config_.ops.listen);
        refuse_taken(options.endpoint);
        options.max_connections = 256;
        ops_server_.emplace(context_, options, *ops_);
        ops_server_->start();
        log_listening("ops.listening", ops_server_->endpoint());
    }

    runtime::Awaitable<void> main() {
        const int signal = co_await signals_.wait();
        log::event(log::Level::info, "server.stopping", {{"signal", signal}});
        if (ops_) ops_->draining();
        if (config_.http.drain_delay.count() > 0) {
            runtime::Timer delay(context_, config_.http.drain_delay);
            co_await delay.async_wait(runtime::tuple_token);
        }
        const bool clean = co_await drain_threads();
        key_sets_.stop();
        if (worker_) co_await worker_->stop(config_.http.drain);
        if (ops_server_) co_await ops_server_->drain(ops_drain);
        co_await signals_.end_hangups();
        log::event(log::Level::info, "server.stopped", {{"clean", clean}});
        context_.stop();
    }

    /// The main thread stays with the ops listener and the signals meanwhile.
    runtime::Awaitable<bool> drain_threads() {
        runtime::Timer all(context_, runtime::SteadyClock::time_point::max());
        std::size_t left = threads_.size();
        bool clean = true;
        const auto done = [&](bool was_clean) {
            clean = clean && was_clean;
            if (--left == 0) all.cancel();
        };
        for (const auto& thread : threads_)
            thread->drain(config_.http.drain, context_.get_executor(), done);
        co_await all.async_wait(runtime::tuple_token);
        for (const auto& thread : threads_)
            thread->join();
        co_return clean;
    }

    const Config& config_;
    platform::Metrics& metrics_;
    asio::io_context context_{1};
    Doom doom_;
    Signals signals_;
    KeyReload keys_;
    LimitReload& limits_;
    PortHolder port_;
    service::PasswordPool passwords_;
    KeySetFetching key_sets_;
    std::string url_;
    RouteTable routes_;
    std::optional<WorkerThread> worker_;
    std::optional<http::ConnectionTally> connections_;
    std::vector<std::unique_ptr<ServeThread>> threads_;
    std::optional<Ops> ops_;
    std::optional<http::Server> ops_server_;
};

void say_where_mail_lands(const Config& config, std::ostream& out) {
    if (const auto target = mail::parse_mail_url(config.mail.url.reveal()))
        out << "Mail goes to " << mail::redacted(*target)
            << (std::holds_alternative<mail::MaildirTarget>(*target) ? " (look into new/)" : "")
            << "\n";
}

/// Each connection takes a descriptor, and the usual soft limit is 1,024.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// A database that is not ours ends the start; one that is away may come while we serve.
void look_for_store(const Installation& installation) {
    try {
        look_at_store(without_demo_secrets(installation, installation.link("start")));
    } catch (const StoreAway& away) {
        log::event(log::Level::warn, "store.away", {{"error", away.what()}});
    }
}

runtime::Awaitable<void> stop_when_told(
    Signals& signals, WorkerThread& worker, std::chrono::milliseconds grace) {
    const int signal = co_await signals.wait();
    log::event(log::Level::info, "worker.stopping", {{"signal", signal}});
    co_await worker.stop(grace);
    co_await signals.end_hangups();
    log::event(log::Level::info, "worker.stopped");
}

} // namespace

int serve(const ConfigLoader& load, const ServeOptions& options, std::ostream& out) {
    const platform::LoadedConfig loaded = load();
    const Config& config = loaded.config;
    const log::Writer writer(log_options(config));
    Installation installation(config);
    if (options.demo) load_demo(installation);
    look_for_store(installation);
    raise_descriptor_limit();
    platform::Metrics metrics;
    metrics.watch_counter(
        "mfad_log_dropped_total", "Lines of the log that were lost: its reader is too slow.",
        [&writer] { return static_cast<double>(writer.dropped()); });
    std::string doom;
    {
        LimitReload limits(load, loaded.settings);
        Server server(installation, limits, metrics);
        doom = server.run([&] {
            out << "mfad serves " << server.url() << "\n";
            if (installation.private_server() != nullptr)
                out << "Its Redis is private, in " << config.server.data_dir.string()
                    << ": this instance shares its state with no other machine.\n";
            say_where_mail_lands(config, out);
            if (options.demo) out << "\n" << demo_text(installation, server.url());
            out.flush();
        });
    }
    if (!doom.empty()) throw StartFailure(doom);
    return 0;
}

int work(const ConfigLoader& load) {
    const platform::LoadedConfig loaded = load();
    const Config& config = loaded.config;
    const log::Writer writer(log_options(config));
    Installation installation(config);
    look_for_store(installation);
    platform::Metrics metrics;
    asio::io_context context(1);
    Doom doom;
    Signals signals(context, installation.private_server());
    WorkerThread worker(installation, metrics, config.public_url(), [&](const std::string& why) {
        doom.set(why);
        signals.stop();
    });
    KeyReload keys(context, installation);
    keys.add_user([&worker](const KeyReload::Ring& ring) { worker.use_keys(ring); });
    LimitReload limits(load, loaded.settings);
    limits.add_user([&worker](const LimitReload::Limits& now) { worker.use_limits(now); });
    signals.on_hangup([&keys, &limits] {
        limits.run();
        return keys.run();
    });
    worker.start();
    log::event(log::Level::info, "worker.started");
    std::exception_ptr failed;
    asio::co_spawn(
        context, stop_when_told(signals, worker, config.http.drain), [&](std::exception_ptr error) {
            failed = error;
            context.stop();
        });
    context.run();
    if (failed) std::rethrow_exception(failed);
    if (!doom.why().empty()) throw StartFailure(doom.why());
    return 0;
}

} // namespace mfad::app
