#pragma once

#include "mfad/mail/message.hpp"

#include <optional>
#include <string_view>

namespace mfad::mail {

/// Reads `address`, `name <address>` or `"name" <address>`; nothing for any other text, and for an
/// address that `is_wire_address` refuses.
std::optional<Mailbox> parse_mailbox(std::string_view text);

} // namespace mfad::mail
