#pragma once

#include "mfad/http/message.hpp"
#include "mfad/platform/ip_address.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mfad::http {

/// The field that proxies tell the client's address in: the customary `X-Forwarded-For`, or
/// `Forwarded` (RFC 7239).
enum class ForwardedField : std::uint8_t { x_forwarded_for, forwarded, none };

/// The proxies whose word on the client's address is taken.
///
/// One field is read and no other: a proxy that adds to one may pass the other on as the client
/// sent it. Constant once made; any thread.
class TrustedProxies {
public:
    /// How many elements of the field are looked at. A chain that is longer is cut: who stands at
    /// its end is taken for the client.
    static constexpr std::size_t max_hops = 32;

    /// Nobody is trusted.
    TrustedProxies() = default;
    TrustedProxies(std::vector<platform::Network> networks, ForwardedField field)
        : networks_(std::move(networks)), field_(field) {}

    bool empty() const { return networks_.empty(); }
    bool trusts(const platform::IpAddress& address) const;

    /// Who sent a request that came from `peer`.
    ///
    /// Each proxy adds at the right whom it got the request from (all lines of the field are one
    /// list, RFC 9110 section 5.3). So the walk begins at `peer` and goes left for as long as an
    /// address is trusted: the first that is not is the client, and what stands left of it, he has
    /// written himself. An element that is no address (`unknown`, `_hidden`, anything malformed)
    /// ends the walk: the client is the last trusted hop, which told it. Empty elements are passed
    /// over. Ports are dropped.
    platform::IpAddress client_of(
        std::span<const Header> headers, const platform::IpAddress& peer) const;

private:
    std::vector<platform::Network> networks_;
    ForwardedField field_ = ForwardedField::none;
};

} // namespace mfad::http
