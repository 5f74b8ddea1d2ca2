#pragma once

#include "installation.hpp"
#include "store_health.hpp"

#include "mfad/platform/metrics.hpp"
#include "mfad/runtime/executor.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace mfad::app {

/// The mail worker on a thread of its own, with its own Redis connection; the transport has further
/// threads.
class WorkerThread {
public:
    /// @param mismatch see Shared
    /// @throws StartFailure for a mail target that cannot be used
    WorkerThread(
        const Installation& installation, platform::Metrics& metrics, const std::string& public_url,
        std::function<void(const std::string& why)> mismatch);
    WorkerThread(const WorkerThread&) = delete;
    WorkerThread& operator=(const WorkerThread&) = delete;
    ~WorkerThread();

    void start();
    /// From soon on, the worker opens with these keys. Any thread.
    void use_keys(std::shared_ptr<const platform::KeyRing> ring);
    /// From now on with these limits on mails.
    void use_limits(const platform::Config::Limits& limits);
    /// Wakes the worker; any thread.
    std::function<void()> waker() const;
    /// Takes no further job, finishes what is under way within the grace, and ends the thread. May
    /// be awaited on another thread; once, after `start`.
    runtime::Awaitable<void> stop(std::chrono::milliseconds grace);

    const StoreHealth& store_health() const;

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace mfad::app
