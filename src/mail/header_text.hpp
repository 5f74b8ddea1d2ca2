#pragma once

#include "mfad/mail/message.hpp"

#include <string>
#include <string_view>

/// Header fields. Every header value of a mail is written by one of these.
namespace mfad::mail {

/// A field whose value is made of tokens of the program: checked, and written as it is.
/// @throws std::invalid_argument when `value` is not printable ASCII or makes a line of over 998
/// octets
void append_field(std::string& out, std::string_view name, std::string_view value);

/// A field with free text (RFC 5322 `unstructured`): cleaned, folded, as RFC 2047 encoded words
/// where ASCII cannot carry it.
void append_text_field(std::string& out, std::string_view name, std::string_view text);

/// A field with one mailbox. The display name is cleaned and cut at 64 characters.
void append_mailbox_field(std::string& out, std::string_view name, const Mailbox& mailbox);

} // namespace mfad::mail
