#pragma once

#include "mfad/runtime/executor.hpp"

#include <memory>
#include <optional>
#include <string>

namespace mfad::service {

/// Checks passwords beside the I/O threads: a hash takes tens of milliseconds and 19 MiB, so only a
/// few run at a time and only so many wait. Any thread may ask; the answer comes back to the asking
/// thread.
class PasswordPool {
public:
    /// @param running hashes at a time; @param waiting how many may wait for one of them
    PasswordPool(unsigned running, unsigned waiting);
    PasswordPool(const PasswordPool&) = delete;
    PasswordPool& operator=(const PasswordPool&) = delete;
    /// Waits for what is running.
    ~PasswordPool();

    /// Whether this is the password of the hash; without a hash, false after the same time.
    /// @return nothing when too many are waiting already
    runtime::Awaitable<std::optional<bool>> verify(
        std::optional<std::string> hash, std::string password);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace mfad::service
