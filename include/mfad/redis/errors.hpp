#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

/// What a Redis call throws. Texts are for logs, never for a client of the product.
namespace mfad::redis {

/// No answer: the command was not run, or nobody knows whether it was (see `outcome_unknown`).
class Unavailable : public std::runtime_error {
public:
    enum class Reason : std::uint8_t {
        not_connected, ///< never sent
        overloaded,    ///< never sent: the queue is full
        timed_out,     ///< no reply before the deadline; the command may have been sent
        lost,          ///< sent, then the connection broke: it may have run
    };

    explicit Unavailable(Reason reason);

    Reason reason() const { return reason_; }
    /// Whether the command may have had its effect. It is never repeated by this layer.
    bool outcome_unknown() const { return reason_ == Reason::timed_out || reason_ == Reason::lost; }

private:
    Reason reason_;
};

/// "not_connected", "overloaded", "timed_out", "lost".
std::string_view to_string(Unavailable::Reason reason);

/// The server answered with an error (`-ERR …`, `-NOSCRIPT …`). A script that failed midway may
/// have written.
class ErrorReply : public std::runtime_error {
public:
    explicit ErrorReply(std::string_view text);

    /// The first word: `ERR`, `NOSCRIPT`, `OOM`, `LOADING`, `READONLY`, …
    std::string_view code() const;
};

/// A reply has not the shape that its command promises: a bug, or a key of another type.
class UnexpectedReply : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

} // namespace mfad::redis
