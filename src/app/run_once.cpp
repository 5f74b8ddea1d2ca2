#include "run_once.hpp"

#include "installation.hpp"

#include <boost/asio/co_spawn.hpp>

namespace mfad::app {
namespace {

namespace asio = runtime::asio;

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

} // namespace

void run_once(
    const redis::LinkOptions& link,
    const std::function<runtime::Awaitable<void>(redis::Connection&)>& task) {
    asio::io_context context(1);
    std::string mismatch;
    redis::ConnectionOptions options;
    options.link = link;
    options.link.connect_timeout = std::chrono::seconds{10};
    options.link.events.mismatch = [&mismatch](const std::string& why) { mismatch = why; };
    redis::Connection connection(context, std::move(options));
    connection.start();
    std::exception_ptr thrown;
    asio::co_spawn(context, run_task(connection, task), [&thrown](std::exception_ptr error) {
        thrown = error;
    });
    context.run();
    if (!mismatch.empty()) throw StartFailure(mismatch);
    if (thrown) std::rethrow_exception(thrown);
}

} // namespace mfad::app
