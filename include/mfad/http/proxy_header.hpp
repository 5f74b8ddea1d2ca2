#pragma once

#include "mfad/platform/ip_address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mfad::http {

/// Longest header of the PROXY protocol that is read, in bytes: what the protocol asks of a
/// receiver without further agreement, one segment of TCP on any path. A header of version 1 has
/// 107 at the most.
inline constexpr std::size_t max_proxy_header = 536;

/// What the first bytes of a connection come to as a header of the PROXY protocol.
struct ProxyHeader {
    enum class Progress : std::uint8_t { need_more, complete, refused };

    Progress progress = Progress::need_more;
    /// Of a complete header: how many bytes it has. What follows is the client's.
    std::size_t size = 0;
    /// Of a complete header: whom the proxy speaks for. Nothing where that is the connection's own
    /// end: LOCAL and UNKNOWN, AF_UNSPEC and AF_UNIX.
    std::optional<platform::IpAddress> client{};
};

/// Reads the header that a connection begins with: HAProxy's proxy-protocol.txt, version 1 (text,
/// section 2.1) or 2 (binary, section 2.2).
///
/// To be called with all that has come, until it asks for no more: the outcome does not depend on
/// how the bytes were split, and what cannot become a header is refused at its first wrong byte, at
/// `max_proxy_header` at the latest (version 1: at the end of its line). Refused as well: versions,
/// commands and families that the protocol does not have, a length less than the family's
/// addresses, other spellings than version 1 allows. The extensions (TLVs) of version 2 are passed
/// over unread, a CRC32C among them: TCP has a checksum, and the header comes from a trusted
/// neighbour.
ProxyHeader parse_proxy_header(std::string_view bytes);

} // namespace mfad::http
