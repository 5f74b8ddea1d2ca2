#include "key_reload.hpp"

#include "mfad/platform/log.hpp"

namespace mfad::app {
namespace {

namespace log = platform::log;

constexpr std::chrono::seconds patience{2}; // a stop waits for as long

void log_refusal(std::string_view why) {
    log::event(log::Level::error, "keys.not_reloaded", {{"error", why}});
}

} // namespace

runtime::Awaitable<void> KeyReload::run() {
    const Ring ring = read();
    if (!ring) co_return;
    const std::string mismatch = co_await mismatch_with_store(*ring);
    if (!mismatch.empty()) {
        log_refusal(mismatch);
        co_return;
    }
    installation_.use_keys(ring);
    for (const auto& user : users_)
        user(ring);
    log::event(
        log::Level::info, "keys.reloaded", {{"keys", ring->list(platform::wall_now()).size()}});
}

/// Null for a file that is of no use.
KeyReload::Ring KeyReload::read() const {
    try {
        auto ring = std::make_shared<const platform::KeyRing>(
            platform::KeyRing::load(installation_.config().key_file()));
        const std::string fault = ring->fault_as_successor_of(installation_.keys());
        if (fault.empty()) return ring;
        log_refusal(fault);
    } catch (const platform::BadKeyFile& error) {
        log_refusal(error.what());
    }
    return nullptr;
}

/// Leaves the check values of new keys with the database, or says why they are not its own: two
/// files to which different keys were added under one number. A store that is away cannot be
/// asked; the next start does.
runtime::Awaitable<std::string> KeyReload::mismatch_with_store(const platform::KeyRing& ring) {
    std::string mismatch;
    redis::ConnectionOptions options;
    options.link = installation_.link("keys", ring);
    options.link.events.mismatch = [&mismatch](const std::string& why) { mismatch = why; };
    redis::Connection connection(context_, std::move(options));
    connection.start();
    try {
        const redis::Command command("PING");
        co_await connection.exec(command, runtime::SteadyClock::now() + patience);
    } catch (const std::runtime_error& error) {
        if (mismatch.empty())
            log::event(log::Level::warn, "keys.not_compared", {{"error", error.what()}});
    }
    co_await connection.stop(std::chrono::milliseconds(100));
    co_return mismatch;
}

} // namespace mfad::app
