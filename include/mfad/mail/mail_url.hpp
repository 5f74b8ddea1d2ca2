#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace mfad::mail {

/// Mail as files, for development and tests: one RFC 5322 file a message in `path`/new.
struct MaildirTarget {
    std::string path; ///< absolute, or relative to the working directory
};

/// A mail server that takes mail for everyone (a smarthost).
struct SmtpTarget {
    std::string
        host; ///< a host name in ASCII, an IPv4 address, or an IPv6 address without brackets
    std::uint16_t port = 0;
    bool implicit_tls = false; ///< `smtps://`: TLS from the first byte
    std::string user;          ///< empty: no authentication
    std::string password;      ///< never logged; see `redacted`
};

using MailTarget = std::variant<MaildirTarget, SmtpTarget>;

/// Reads `mail.url`: `maildir:PATH`, `smtp://[user:password@]host[:port]` (port 587) or `smtps://…`
/// (port 465). User and password are percent-encoded where they hold `@ : / ? # %`.
///
/// @return the target, or what is wrong, as a text that holds nothing of the URL: passwords come in
/// all places
boost::system::result<MailTarget, std::string> parse_mail_url(std::string_view text);

/// The URL for logs and `mfad check`: user and password together as `***`, since providers use
/// tokens as user names.
std::string redacted(const MailTarget& target);

} // namespace mfad::mail
