#pragma once

#include "installation.hpp"

#include "mfad/runtime/executor.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mfad::app {

/// Reads the key file of a running server again, and hands the new ring to all who use it. Main
/// thread only.
class KeyReload {
public:
    using Ring = std::shared_ptr<const platform::KeyRing>;

    KeyReload(runtime::asio::io_context& context, Installation& installation)
        : context_(context), installation_(installation) {}

    /// Adds somebody who is told of a new ring, on the main thread.
    void add_user(std::function<void(const Ring& ring)> user) { users_.push_back(std::move(user)); }

    /// Reads the file. One that is broken, that lacks keys of the ring in use, or that is not that
    /// of the database, is logged, and the ring in use stays.
    runtime::Awaitable<void> run();

private:
    Ring read() const;
    runtime::Awaitable<std::string> mismatch_with_store(const platform::KeyRing& ring);

    runtime::asio::io_context& context_;
    Installation& installation_;
    std::vector<std::function<void(const Ring&)>> users_;
};

} // namespace mfad::app
