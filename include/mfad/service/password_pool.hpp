#pragma once

#include "mfad/runtime/executor.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mfad::service {

/// Checks passwords, and codes whose hashes are as costly, beside the I/O threads: a hash takes
/// tens of milliseconds and many MiB, so only a few run at a time and only so many wait. Any thread
/// may ask; the answer comes back to the asking thread.
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

    /// Which of the hashes (platform/foreign_hash) is this secret's: its place among them; their
    /// number when none is. One after the other, in one place of the pool.
    /// @return nothing when too many are waiting already
    /// @throws std::runtime_error without the memory that a hash takes: no verdict
    runtime::Awaitable<std::optional<std::size_t>> find(
        std::vector<std::string> hashes, std::string secret);

private:
    /// Runs `job` with the secret, which is wiped afterwards.
    using Job = std::function<std::size_t(const std::string& secret)>;
    runtime::Awaitable<std::optional<std::size_t>> run(Job job, std::string secret);

    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace mfad::service
