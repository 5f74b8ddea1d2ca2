#pragma once

#include "mfad/mail/smtp_reply.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mfad::mail {

/// Follows one attempt's conversation from what libcurl shows of it, since libcurl's own result
/// tells neither the phase nor, of several refusals, which one it was.
class SmtpDialogue {
public:
    /// A command as it went out. Credentials pass through here and are not kept.
    void sent(std::string_view command);
    /// A line of a reply, with its line end.
    void received(std::string_view line);

    /// What the last command (QUIT apart) asked for.
    Phase phase() const { return phase_; }
    /// The whole reply to it; nothing while there is none, or when it was malformed.
    const std::optional<Reply>& reply() const { return reply_; }
    /// Whether the server has answered anything.
    bool answered() const { return answered_; }
    bool quitting() const { return quitting_; }

private:
    Phase phase_ = Phase::connect;
    std::string lines_;
    std::optional<Reply> reply_;
    bool answered_ = false;
    bool quitting_ = false;
};

} // namespace mfad::mail
