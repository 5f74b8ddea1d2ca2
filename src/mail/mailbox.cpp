#include "mfad/mail/mailbox.hpp"

#include "mfad/mail/address.hpp"

namespace mfad::mail {
namespace {

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::string_view unquoted(std::string_view text) {
    const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    return quoted ? text.substr(1, text.size() - 2) : text;
}

} // namespace

std::optional<Mailbox> parse_mailbox(std::string_view text) {
    text = trimmed(text);
    Mailbox mailbox;
    if (const auto open = text.find('<'); open != std::string_view::npos) {
        if (!text.ends_with('>')) return std::nullopt;
        mailbox.name = unquoted(trimmed(text.substr(0, open)));
        text = text.substr(open + 1, text.size() - open - 2);
    }
    if (!is_wire_address(text)) return std::nullopt;
    mailbox.address = text;
    return mailbox;
}

} // namespace mfad::mail
