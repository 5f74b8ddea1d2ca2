#include "mfad/http/connection_tally.hpp"

namespace mfad::http {

std::optional<ConnectionTally::Place> ConnectionTally::enter(const platform::IpAddress& address) {
    const std::lock_guard lock(mutex_);
    const auto count = open_.try_emplace(address.client(), 0).first;
    if (count->second >= most_) return std::nullopt;
    ++count->second;
    return Place(this, count);
}

void ConnectionTally::leave(Counts::iterator count) {
    const std::lock_guard lock(mutex_);
    if (--count->second == 0) open_.erase(count);
}

std::size_t ConnectionTally::clients() const {
    const std::lock_guard lock(mutex_);
    return open_.size();
}

} // namespace mfad::http
