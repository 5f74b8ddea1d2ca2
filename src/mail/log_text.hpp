#pragma once

#include "mfad/mail/transport.hpp"

#include <string>
#include <string_view>

namespace mfad::mail {

/// What another program said about a mail, fit for a log: one line of at most 200 ASCII characters.
/// Servers quote what they refuse, so words with an `@` or a URL, the recipient's local part, and
/// words with a number or token that stands in the message (codes, links) become `***`.
std::string log_text(std::string_view text, const Envelope& envelope);

} // namespace mfad::mail
