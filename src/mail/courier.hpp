#pragma once

#include "mfad/mail/transport.hpp"

#include <memory>

namespace mfad::mail {

/// One of a transport's threads delivers through one of these, a message at a time.
class Courier {
public:
    Courier() = default;
    Courier(const Courier&) = delete;
    Courier& operator=(const Courier&) = delete;
    virtual ~Courier() = default;

    /// Blocks until the attempt is over.
    virtual Delivery deliver(const Envelope& envelope) = 0;
    /// Nothing has come for `idle_timeout`: lets go of what is held open.
    virtual void rest() {}
    /// From any thread, once: ends what is under way soon, and all that is still asked of this
    /// courier at once.
    virtual void abort() noexcept {}
};

std::unique_ptr<Courier> make_maildir_courier(const MaildirTarget& target);
std::unique_ptr<Courier> make_smtp_courier(
    const SmtpTarget& target, const TransportOptions& options);

} // namespace mfad::mail
