#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mfad::redis {

/// Where a Redis is and how to get in.
struct Endpoint {
    std::string path; ///< of a unix socket; empty: TCP
    std::string host; ///< name or address, IPv6 without brackets
    std::uint16_t port = 6379;
    std::string user; ///< empty: Redis' default user
    std::string password;
    unsigned database = 0;

    /// Reads `unix:///path[?db=n]` or `redis://[user:password@]host[:port][/db]`; the user may be
    /// empty. Throws `std::invalid_argument` with a text that says what is wrong and never contains
    /// the password.
    static Endpoint parse(std::string_view url);

    /// The endpoint of a unix socket, without credentials.
    static Endpoint unix_socket(std::string path);

    /// The URL for logs, with `***` for the password.
    std::string redacted() const;
};

} // namespace mfad::redis
