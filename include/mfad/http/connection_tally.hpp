#pragma once

#include "mfad/platform/ip_address.hpp"

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace mfad::http {

/// Open connections by client, and how many one may have. All IPv6 addresses of a /64 are one
/// client: that much a single customer is given.
///
/// It knows the clients that have connections, and no others. Any thread; a lock is taken as a
/// connection begins and as it ends.
class ConnectionTally {
    // Ordered: clients choose their addresses, and could choose some that a hash table keeps in one
    // bucket.
    using Counts = std::map<platform::IpAddress, std::size_t>;

public:
    /// @param most connections of one client, at least 1
    explicit ConnectionTally(std::size_t most) : most_(most) {}
    ConnectionTally(const ConnectionTally&) = delete;
    ConnectionTally& operator=(const ConnectionTally&) = delete;

    /// One connection's place in the count, until it is destroyed; the tally has to outlive it. A
    /// default one is in nobody's count.
    class Place {
    public:
        Place() = default;
        Place(Place&& other) noexcept
            : tally_(std::exchange(other.tally_, nullptr)), count_(other.count_) {}
        Place& operator=(Place&& other) noexcept {
            std::swap(tally_, other.tally_);
            std::swap(count_, other.count_);
            return *this;
        }
        ~Place() {
            if (tally_ != nullptr) tally_->leave(count_);
        }

    private:
        friend ConnectionTally;
        Place(ConnectionTally* tally, Counts::iterator count) : tally_(tally), count_(count) {}

        ConnectionTally* tally_ = nullptr;
        Counts::iterator count_{};
    };

    /// Counts one more connection of `address`; nothing when its client has all that he may.
    [[nodiscard]] std::optional<Place> enter(const platform::IpAddress& address);

    /// How many clients have connections.
    std::size_t clients() const;

private:
    void leave(Counts::iterator count);

    const std::size_t most_;
    mutable std::mutex mutex_;
    Counts open_;
};

} // namespace mfad::http
