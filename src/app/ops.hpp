#pragma once

#include "store_health.hpp"

#include "mfad/http/message.hpp"
#include "mfad/platform/metrics.hpp"

#include <atomic>
#include <chrono>
#include <vector>

namespace mfad::app {

/// What the ops listener tells: metrics, whether the process lives, and whether it should be sent
/// requests.
class Ops final : public http::Application {
public:
    /// @param stores health of each thread's connection; have to outlive this
    /// @param ready_after how long the store may be away before this instance is no longer ready
    Ops(const platform::Metrics& metrics, std::vector<const StoreHealth*> stores,
        std::chrono::milliseconds ready_after)
        : metrics_(metrics), stores_(std::move(stores)), ready_after_(ready_after) {}

    void draining() { draining_ = true; }

    runtime::Awaitable<http::Response> handle(const http::Request& request) override;
    http::Response fail(const http::Request& request, http::Fault fault) noexcept override;

private:
    http::Response ready(bool strict) const;

    const platform::Metrics& metrics_;
    std::vector<const StoreHealth*> stores_;
    std::chrono::milliseconds ready_after_;
    bool draining_ = false;
};

} // namespace mfad::app
