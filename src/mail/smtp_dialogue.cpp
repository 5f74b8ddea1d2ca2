#include "smtp_dialogue.hpp"

namespace mfad::mail {
namespace {

constexpr std::size_t longest_reply = 4096;

/// The phase that a command starts; nothing for the later lines of an authentication.
std::optional<Phase> phase_of(std::string_view command) {
    if (command.starts_with("EHLO ") || command.starts_with("HELO ")) return Phase::ehlo;
    if (command.starts_with("STARTTLS")) return Phase::starttls;
    if (command.starts_with("AUTH ")) return Phase::auth;
    if (command.starts_with("MAIL FROM:")) return Phase::mail;
    if (command.starts_with("RCPT TO:")) return Phase::rcpt;
    if (command.starts_with("DATA\r\n")) return Phase::data;
    return std::nullopt;
}

bool is_last_line(std::string_view line) {
    return line.size() < 4 || line[3] != '-';
}

} // namespace

void SmtpDialogue::sent(std::string_view command) {
    quitting_ = command.starts_with("QUIT\r\n");
    if (quitting_) return; // what is answered from here on is not about the mail
    phase_ = phase_of(command).value_or(phase_);
    lines_.clear();
    reply_.reset();
}

void SmtpDialogue::received(std::string_view line) {
    if (quitting_) return;
    answered_ = true;
    if (lines_.size() < longest_reply) lines_.append(line);
    if (!is_last_line(line)) return;
    reply_ = parse_reply(lines_);
    lines_.clear();
    if (phase_ == Phase::data && reply_ && reply_->code == 354) {
        phase_ = Phase::end_of_data;
        reply_.reset();
    }
}

} // namespace mfad::mail
