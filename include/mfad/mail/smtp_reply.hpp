#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What an SMTP server's answer means for the mail at hand. Pure: no socket, no clock.
namespace mfad::mail {

/// What the server was asked when it answered: the same code means different things.
enum class Phase : std::uint8_t {
    connect, ///< look-up, connection, TLS, greeting
    ehlo,
    starttls,
    auth,
    mail,       ///< MAIL FROM
    rcpt,       ///< RCPT TO
    data,       ///< the DATA command
    end_of_data ///< the message itself, from its first byte to the answer to the final dot
};

/// The phase's name, for logs and metric labels: `end-of-data`.
std::string_view to_string(Phase phase);

/// An enhanced status code, `4.7.1` (RFC 3463).
struct EnhancedCode {
    int category = 0; ///< 2, 4 or 5, the same as the reply code's first digit
    int subject = 0;
    int detail = 0;

    friend bool operator==(const EnhancedCode&, const EnhancedCode&) = default;
};

/// A whole reply.
struct Reply {
    int code = 0; ///< 200..599
    std::optional<EnhancedCode> enhanced;
    std::string text; ///< as the server wrote it, its lines joined by spaces, without codes
};

/// Reads a reply of one or more lines (RFC 5321 section 4.2; bare LF is tolerated): nothing when a
/// line has no code of three digits from 200 to 599, the lines' codes differ, or the last line is
/// not the last. Text over 4 KiB is cut.
std::optional<Reply> parse_reply(std::string_view lines);

enum class Verdict : std::uint8_t {
    ok,        ///< go on
    delivered, ///< the server has taken the mail over
    retry,     ///< this attempt failed; send the same mail later
    permanent, ///< it will never be taken: dead letter, tell the caller
    config,    ///< the sender is set up wrongly or not welcome: stop, alarm, do not burn mail on it
    reconnect, ///< the conversation is over; the mail is untouched
    unknown    ///< after the final dot: it may have been delivered; retry under the same Message-ID
};

/// @param reply nothing when the connection was lost or what came is no reply
Verdict classify(Phase phase, const std::optional<Reply>& reply);

} // namespace mfad::mail
