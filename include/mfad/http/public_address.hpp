#pragma once

#include <span>

namespace mfad::http {

/// Whether an IP address is one of the public Internet, so that a request to it cannot reach what
/// only this machine or its network may: the IANA special-purpose registries (RFC 6890) have
/// loopback, private, shared, link-local, documentation, benchmarking, multicast and reserved
/// addresses. An IPv6 address that stands for an IPv4 one (mapped, 6to4, NAT64) is judged as that.
/// @param bytes 4 or 16, in network order; of any other count: false
bool is_public_address(std::span<const unsigned char> bytes);

} // namespace mfad::http
