#include "run_once.hpp"

#include "mfad/redis/errors.hpp"

#include <boost/asio/co_spawn.hpp>

namespace mfad::app {
namespace {

namespace asio = runtime::asio;

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds command_patience{30};

/// The task on its connection, which is taken down again whatever happens.
runtime::Awaitable<void> run_task(
    redis::Connection& connection,
    const std::function<runtime::Awaitable<void>(redis::Connection&)>& task) {
    std::exception_ptr thrown;
    try {
        co_await task(connection);
    } catch (...) {
        thrown = std::current_exception();
    }
    co_await connection.stop(std::chrono::milliseconds(100));
    if (thrown) std::rethrow_exception(thrown);
}

runtime::Awaitable<void> ping(redis::Connection& connection) {
    const redis::Command command("PING");
    co_await connection.exec(command, runtime::SteadyClock::now() + patience);
}

/// Where Redis was expected, and what became of the attempt, instead of a mere reason.
[[noreturn]] void rethrow(
    const std::exception_ptr& thrown, const redis::Connection& connection,
    const std::string& endpoint) {
    try {
        std::rethrow_exception(thrown);
    } catch (const redis::Unavailable& error) {
        const std::string& last = connection.last_error();
        throw StoreAway(
            "Redis at " + endpoint + " is not available: " + (last.empty() ? error.what() : last));
    }
}

} // namespace

void run_once(
    const redis::LinkOptions& link,
    const std::function<runtime::Awaitable<void>(redis::Connection&)>& task) {
    asio::io_context context(1);
    std::string mismatch;
    redis::ConnectionOptions options;
    options.link = link;
    const std::string endpoint = link.endpoint.redacted();
    options.link.connect_timeout = patience;
    options.link.events.mismatch = [&mismatch](const std::string& why) { mismatch = why; };
    redis::Connection connection(context, std::move(options));
    connection.start();
    std::exception_ptr thrown;
    asio::co_spawn(context, run_task(connection, task), [&thrown](std::exception_ptr error) {
        thrown = error;
    });
    context.run();
    if (!mismatch.empty()) throw StartFailure(mismatch);
    if (thrown) rethrow(thrown, connection, endpoint);
}

store::Context command_store(redis::Connection& connection, const Installation& installation) {
    return {
        connection, installation.store_keys(), command_patience,
        installation.config().audit.max_events};
}

void look_at_store(const redis::LinkOptions& link) {
    run_once(link, ping);
}

} // namespace mfad::app
