#include "installation.hpp"

#include "default_redis_conf.hpp"
#include "run_once.hpp"

#include <filesystem>

namespace mfad::app {
namespace {

namespace fs = std::filesystem;

redis::PrivateServer acquire(const platform::Config& config) {
    redis::PrivateServerOptions options;
    options.config = embedded::redis_conf;
    options.program = config.redis.server;
    return redis::PrivateServer::acquire(config.server.data_dir, std::move(options));
}

redis::Endpoint parse_endpoint(const platform::Secret& url) {
    try {
        return redis::Endpoint::parse(url.reveal());
    } catch (const std::invalid_argument& error) {
        throw StartFailure(std::string("redis.url: ") + error.what());
    }
}

runtime::Awaitable<void> count_keys(redis::Connection& connection, std::int64_t& count) {
    const redis::Command command("DBSIZE");
    const auto deadline = runtime::SteadyClock::now() + std::chrono::seconds(10);
    const redis::Reply reply = co_await connection.exec(command, deadline);
    count = reply.integer();
}

bool is_empty(const redis::Endpoint& endpoint) {
    redis::LinkOptions link;
    link.endpoint = endpoint;
    std::int64_t count = 0;
    run_once(
        link, [&count](redis::Connection& connection) { return count_keys(connection, count); });
    return count == 0;
}

} // namespace

Installation::Installation(const platform::Config& config) : config_(config) {
    if (config.redis.url.empty()) {
        server_.emplace(acquire(config));
        endpoint_ = server_->endpoint();
    } else {
        endpoint_ = parse_endpoint(config.redis.url);
    }
    load_keys();
}

void Installation::load_keys() {
    const fs::path path = config_.key_file();
    if (!fs::exists(path)) make_keys(path);
    keys_ = std::make_shared<const platform::KeyRing>(platform::KeyRing::load(path));
}

/// Two that start at once may both come here: the file is there before anything is stored.
void Installation::make_keys(const fs::path& path) const {
    const std::string missing = path.string() + ": there is no such key file. ";
    if (!server_)
        throw StartFailure(
            missing + "Make one for a new installation with `mfad keys init`, or "
                      "copy the one that its other instances have.");
    const bool empty = is_empty(endpoint_);
    if (fs::exists(path)) return;
    if (!empty)
        throw StartFailure(
            missing + "The private Redis in " + config_.server.data_dir.string() +
            " holds data that was sealed with the keys of that file.");
    try {
        platform::KeyRing::generate(platform::wall_now()).save_new(path);
    } catch (const std::exception&) {
        if (!fs::exists(path)) throw;
    }
}

void Installation::use_keys(std::shared_ptr<const platform::KeyRing> ring) {
    keys_ = std::move(ring);
}

redis::LinkOptions Installation::link(
    const std::string& purpose, const platform::KeyRing& keys) const {
    store::InstallationMark mark;
    mark.partitions = config_.redis.partitions;
    for (const platform::KeyInfo& key : keys.list(platform::wall_now()))
        mark.keys.emplace_back(std::to_string(key.id), key.check);
    redis::LinkOptions link;
    link.endpoint = endpoint_;
    link.client_name = "mfad-" + purpose;
    link.setup = [mark = std::move(mark)](redis::SetupChannel& channel) {
        return store::check_installation(channel, mark);
    };
    return link;
}

} // namespace mfad::app
