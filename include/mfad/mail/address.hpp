#pragma once

#include <string_view>

namespace mfad::mail {

/// Whether `text` may stand in an SMTP envelope or an address header: `dot-atom@dot-atom`, the
/// domain of LDH labels, ASCII, 254 octets at most. No spaces, controls, angle brackets, commas or
/// quotes, so nothing can be added to it.
///
/// The last guard before the wire (libcurl sends CR and LF through); what an address of a person
/// may look like is decided where it comes in.
bool is_wire_address(std::string_view text);

/// The part of a wire address after the `@`.
std::string_view domain_of(std::string_view address);

} // namespace mfad::mail
