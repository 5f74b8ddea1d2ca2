#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::platform {

/// An IP address. An IPv6 address that is an IPv4-mapped one (RFC 4291 section 2.5.5.2) is the IPv4
/// address.
class IpAddress {
public:
    using V4Bytes = std::array<unsigned char, 4>;
    using V6Bytes = std::array<unsigned char, 16>;

    /// From bytes in network order.
    explicit IpAddress(const V4Bytes& bytes);
    explicit IpAddress(const V6Bytes& bytes) : bytes_(bytes) {}

    /// `192.0.2.1`, or an IPv6 address as in RFC 4291 section 2.2; nothing for any other text:
    /// brackets, a port, a zone, blanks, numbers with leading zeros.
    static std::optional<IpAddress> parse(std::string_view text);

    bool is_v4() const;
    /// What limits take for one client: the /64 of an IPv6 address, as its first one, since a
    /// single customer is given that much; an IPv4 address itself.
    IpAddress client() const;
    /// In network order; an IPv4 address as its IPv4-mapped one.
    const V6Bytes& bytes() const { return bytes_; }
    /// As `parse` reads it, an IPv6 address in the form of RFC 5952.
    std::string text() const;

    friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

private:
    V6Bytes bytes_;
};

/// The `client` of an address that is text, as text; what is no address, as it is.
std::string client_name(std::string_view address);

/// The addresses that begin alike: those of a CIDR block (RFC 4632, RFC 4291 section 2.3).
class Network {
public:
    /// `10.0.0.0/8`, `2001:db8::/32`, or an address, for itself alone. Nothing for any other text,
    /// one whose address has a bit set beyond its prefix (`10.0.0.1/8`) among them.
    static std::optional<Network> parse(std::string_view text);

    /// No IPv6 block has IPv4 addresses, not even `::/0`.
    bool contains(const IpAddress& address) const;
    /// As `parse` reads it; an address alone is without prefix.
    std::string text() const;

    friend bool operator==(const Network&, const Network&) = default;

private:
    Network(const IpAddress& first, unsigned bits) : first_(first), bits_(bits) {}

    IpAddress first_;
    unsigned bits_; ///< of the 128 of `first_.bytes()`
};

} // namespace mfad::platform
