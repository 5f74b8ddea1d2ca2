#pragma once

#include "mfad/platform/config.hpp"
#include "mfad/platform/key_ring.hpp"
#include "mfad/redis/connection.hpp"
#include "mfad/redis/private_server.hpp"
#include "mfad/store/bootstrap.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace mfad::app {

/// Why the program cannot start, in words for whoever started it: exit 2.
struct StartFailure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Redis cannot be reached now; it may be later.
struct StoreAway : StartFailure {
    using StartFailure::StartFailure;
};

/// What every call of the program stands on: where Redis is, and the key file that belongs to it.
///
/// With an empty `redis.url` this is the private Redis of `server.data_dir`: the first to come runs
/// it, others join in. The first start of an empty private Redis makes the key file; a database
/// that holds something is never given a new one. Main thread only.
class Installation {
public:
    /// @throws StartFailure, and what PrivateServer and KeyRing throw
    explicit Installation(const platform::Config& config);
    Installation(const Installation&) = delete;
    Installation& operator=(const Installation&) = delete;

    const platform::Config& config() const { return config_; }
    const platform::KeyRing& keys() const { return *keys_; }
    /// Puts a ring that was read again in the place of the one in use; later `link`s vouch for it.
    void use_keys(std::shared_ptr<const platform::KeyRing> ring);
    const redis::Endpoint& endpoint() const { return endpoint_; }
    /// The private Redis; null when `redis.url` names another.
    redis::PrivateServer* private_server() { return server_ ? &*server_ : nullptr; }

    /// How a connection is made: to where, and only to a database that was set up like this
    /// installation.
    /// @param purpose for CLIENT LIST: `mfad-<purpose>`
    redis::LinkOptions link(const std::string& purpose) const { return link(purpose, *keys_); }
    /// The same with other keys than those in use.
    redis::LinkOptions link(const std::string& purpose, const platform::KeyRing& keys) const;
    store::Keys store_keys() const { return store::Keys(config_.redis.partitions); }

private:
    void load_keys();
    void make_keys(const std::filesystem::path& path) const;

    const platform::Config& config_;
    std::optional<redis::PrivateServer> server_;
    redis::Endpoint endpoint_;
    std::shared_ptr<const platform::KeyRing> keys_;
};

} // namespace mfad::app
