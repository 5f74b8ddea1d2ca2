#pragma once

#include "mfad/mail/mail_url.hpp"
#include "mfad/mail/smtp_reply.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mfad::mail {

/// What is handed to the server: the envelope's addresses and the message from `render`.
struct Envelope {
    std::string from; ///< where bounces go
    std::string to;
    std::string data;
};

/// How one attempt ended.
struct Delivery {
    enum class Outcome : std::uint8_t {
        delivered,
        retry,         ///< the server refused it for now, or it is not known what became of it
        permanent,     ///< this mail will never be taken
        misconfigured, ///< nor will any other: credentials, TLS, certificate, sender address,
                       ///< relaying
        unreachable    ///< no server took part, or it broke off: says nothing about the mail, which
                       ///< stays to be sent
    };

    Outcome outcome = Outcome::unreachable;
    /// How far the attempt came. `misconfigured` at `rcpt` can also be one recipient's server
    /// speaking: several of them are a reason to stop, one is not.
    Phase phase = Phase::connect;
    /// The message had been handed over, at least in part, when the connection was lost: it may
    /// arrive.
    bool may_have_arrived = false;
    /// One line for the log: code and text of the server, or what failed here. Without the
    /// recipient's address, words of the message, and credentials. At most 200 characters of ASCII.
    std::string reply;
};

/// The outcome's name, for logs and metric labels.
std::string_view to_string(Delivery::Outcome outcome);

/// `mail.starttls`, for `smtp://`.
enum class StartTls : std::uint8_t {
    required,      ///< no TLS, no mail
    opportunistic, ///< TLS when offered; whoever sits between can take the offer away, and read
                   ///< mail and password
    never
};

struct TransportOptions {
    StartTls starttls = StartTls::required;
    /// The name given to the server; empty: this machine's host name.
    std::string ehlo_name;
    /// Certificates (PEM) that the server's is checked against; empty: the system's. There is no
    /// way to skip the check.
    std::string ca_file;
    /// Messages under way at once, each on its own connection: 1..64.
    std::size_t connections = 4;
    /// From the look-up of the host to the end of authentication.
    std::chrono::milliseconds connect_timeout{15'000};
    /// For the whole attempt, the answer to the final dot included.
    std::chrono::milliseconds overall_timeout{60'000};
    /// How long a connection is kept open with nothing to send.
    std::chrono::milliseconds idle_timeout{30'000};
};

/// Where mail goes.
///
/// Each of its `connections` is a thread of the transport's own with one connection, which is kept
/// for the next message. (A thread each, since libcurl blocks while a server thinks about a
/// message: libcurl 7.88 `smtp_done`. With one thread for all, one slow answer would hold up every
/// other mail.)
/// @par Threads  `submit` from any; `stop` and the destructor from one, which is not a callback's
class Transport {
public:
    /// Called once for each message, on one of the transport's threads. Short, and without
    /// exceptions: post to where the work is done.
    using Callback = std::function<void(Delivery)>;

    Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    /// Stops without grace.
    virtual ~Transport() = default;

    /// Sends one message. Messages wait for a free connection in the order of their coming; how
    /// many may wait is the caller's to limit. An address that is none, or a message with a line
    /// end other than CRLF or a line over 998 octets, never gets to a server: `permanent`
    /// (`misconfigured` for the sender's address). After `stop`: the callback is called at once, on
    /// the caller's thread, with `unreachable`.
    virtual void submit(Envelope envelope, Callback done) = 0;

    /// Stops: what waits is reported as `unreachable`, what is under way may finish within `grace`,
    /// after which it is cut off and reported as `unreachable` too (look at `may_have_arrived`).
    /// All callbacks have returned when this does. A second call does nothing.
    virtual void stop(std::chrono::milliseconds grace) = 0;
};

/// @throws std::invalid_argument for options out of their range, std::runtime_error when libcurl
/// cannot start
std::unique_ptr<Transport> make_transport(
    const MailTarget& target, const TransportOptions& options = {});

} // namespace mfad::mail
