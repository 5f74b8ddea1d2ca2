#include "mfad/http/connection_tally.hpp"

#include <algorithm>

namespace mfad::http {
namespace {

using platform::IpAddress;

constexpr std::size_t subnet_size = 8; // bytes of a /64's prefix

IpAddress client_at(const IpAddress& address) {
    if (address.is_v4()) return address;
    IpAddress::V6Bytes bytes = address.bytes();
    std::fill(bytes.begin() + subnet_size, bytes.end(), static_cast<unsigned char>(0));
    return IpAddress(bytes);
}

} // namespace

std::optional<ConnectionTally::Place> ConnectionTally::enter(const IpAddress& address) {
    const IpAddress client = client_at(address);
    const std::lock_guard lock(mutex_);
    const auto count = open_.try_emplace(client, 0).first;
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
