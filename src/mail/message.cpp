#include "mfad/mail/message.hpp"

#include "header_text.hpp"
#include "mfad/mail/address.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "quoted_printable.hpp"

#include <algorithm>
#include <stdexcept>

namespace mfad::mail {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// A dot-atom without the characters that some receivers stumble over.
bool is_id(std::string_view id) {
    return !id.empty() && id.size() <= 128 && id.front() != '.' && id.back() != '.' &&
           id.find("..") == std::string_view::npos && std::all_of(id.begin(), id.end(), [](char c) {
               return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
           });
}

/// The outline of RFC 5646, enough that nothing else gets into the header.
bool is_language_tag(std::string_view tag) {
    return !tag.empty() && tag.size() <= 35 && is_letter_or_digit(tag.front()) &&
           std::all_of(
               tag.begin(), tag.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

void require(bool ok, const char* what) {
    if (!ok) throw std::invalid_argument(what);
}

/// "=_" cannot occur in quoted-printable, so no body can contain the boundary.
std::string boundary_of(const Message& message) {
    return "=_" + platform::hex(platform::sha256(message.id)).substr(0, 24);
}

void append_part(std::string& out, std::string_view type, std::string_view body) {
    append_field(out, "Content-Type", type);
    append_field(out, "Content-Transfer-Encoding", "quoted-printable");
    out.append("\r\n");
    append_quoted_printable(out, body);
}

void append_head(std::string& out, const Message& message) {
    append_field(out, "Date", platform::mail_date(message.date));
    append_mailbox_field(out, "From", message.from);
    append_field(out, "To", message.to);
    append_text_field(out, "Subject", message.subject);
    append_field(
        out, "Message-ID",
        '<' + message.id + '@' + std::string(domain_of(message.from.address)) + '>');
    append_field(out, "Auto-Submitted", "auto-generated");
    if (is_language_tag(message.locale)) append_field(out, "Content-Language", message.locale);
    append_field(out, "MIME-Version", "1.0");
}

} // namespace

std::string render(const Message& message) {
    require(is_id(message.id), "a mail's id is of letters, digits, dots and dashes");
    require(is_wire_address(message.from.address), "the sender of a mail is no address");
    require(is_wire_address(message.to), "the recipient of a mail is no address");

    std::string out;
    out.reserve(1024 + (message.text.size() + message.html.size()) * 5 / 4);
    append_head(out, message);
    if (message.html.empty()) {
        append_part(out, "text/plain; charset=utf-8", message.text);
        return out;
    }
    const std::string boundary = boundary_of(message);
    append_field(out, "Content-Type", "multipart/alternative; boundary=\"" + boundary + '"');
    out.append("\r\n--").append(boundary).append("\r\n");
    append_part(out, "text/plain; charset=utf-8", message.text);
    out.append("\r\n--").append(boundary).append("\r\n");
    append_part(out, "text/html; charset=utf-8", message.html);
    out.append("\r\n--").append(boundary).append("--\r\n");
    return out;
}

} // namespace mfad::mail
