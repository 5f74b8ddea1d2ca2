#pragma once

#include "mfad/platform/clock.hpp"

#include <string>
#include <string_view>

/// Messages and their delivery. Nothing here knows what is mailed, or why.
namespace mfad::mail {

/// A sender as headers show him: `"Acme Login" <no-reply@acme.example>`.
struct Mailbox {
    std::string name; ///< UTF-8, may be empty; see `render` for what is left of it
    std::string address;
};

/// One mail to one person. Texts are UTF-8 with any line ends.
struct Message {
    std::string id; ///< left side of the Message-ID: letters, digits, `.`, `-`, `_`; 1..128 of them
    Mailbox from;
    std::string to; ///< the bare address
    platform::UnixMillis date{};
    std::string subject;
    std::string text;
    std::string html;   ///< empty: the mail is plain text alone
    std::string locale; ///< for `Content-Language`; left out when it is no language tag
};

/// The message as RFC 5322 bytes: ASCII, CRLF line ends, lines of 76 characters (longer only where
/// an address or the id is, and under 998), both bodies as UTF-8 in quoted-printable under
/// multipart/alternative, and `Auto-Submitted: auto-generated` (RFC 3834).
///
/// Equal messages give equal bytes, so a retry sends what was sent before, under the same
/// Message-ID `<id@domain of from>`: receivers may drop the double.
///
/// Subject and display name are cleaned: control and bidirectional characters and broken UTF-8
/// become spaces, runs of white space become one; the name is cut at 64 characters. Nothing in them
/// can end a header.
/// @throws std::invalid_argument for an id or an address that is not of its form: a bug of the
/// caller, whose texts
///         would otherwise have to be sent changed
std::string render(const Message& message);

/// A text as `render` cleans subjects and names, cut at `longest` characters: for what others make
/// up and a mail is to quote.
std::string one_line(std::string_view text, std::size_t longest);

} // namespace mfad::mail
