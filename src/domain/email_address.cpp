#include "mfad/domain/email_address.hpp"

#include <idn2.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace mfad::domain {
namespace {

constexpr std::size_t longest_local_part = 64;
constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_domain = 253;
constexpr std::size_t longest_address = 254;
// Before conversion: four bytes of UTF-8 a character are more than any domain of 253 octets needs.
constexpr std::size_t longest_text = 4 * longest_address;

bool is_ascii(std::string_view text) {
    return std::all_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter_or_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_atext(char c) {
    return is_letter_or_digit(c) ||
           std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

/// Whether `text` is one or more parts joined by dots, each of them accepted.
template <class Accepts>
bool is_dotted(std::string_view text, Accepts accepts) {
    for (;;) {
        const std::size_t dot = text.find('.');
        if (!accepts(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

bool is_atom(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_atext);
}

bool is_label(std::string_view text) {
    return !text.empty() && text.size() <= longest_label && text.front() != '-' &&
           text.back() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
               return is_letter_or_digit(c) || c == '-';
           });
}

/// Two labels at least, and no IPv4 address in disguise.
bool is_host_name(std::string_view text) {
    const std::size_t dot = text.rfind('.');
    if (dot == std::string_view::npos || text.size() > longest_domain) return false;
    const std::string_view last = text.substr(dot + 1);
    return is_dotted(text, is_label) && !std::all_of(last.begin(), last.end(), is_digit);
}

struct FreeText {
    void operator()(char* text) const { idn2_free(text); }
};

template <class Convert>
std::optional<std::string> convert(const std::string& text, Convert how) {
    char* raw = nullptr;
    const int code = how(text.c_str(), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<char, FreeText> out{raw};
    if (code != IDN2_OK || !out) return std::nullopt;
    return std::string(out.get());
}

/// The domain as DNS has it. libidn2 converts and does not validate ("a..b" passes): `is_host_name`
/// does.
std::optional<std::string> to_a_labels(std::string_view domain) {
    std::string lower(domain);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (is_ascii(lower) && lower.find("xn--") == std::string::npos) return lower;

    // An A-label that was given is taken when it is the one that its own Unicode form leads to.
    const auto ascii = convert(lower, idn2_to_ascii_8z);
    if (!ascii) return std::nullopt;
    const auto unicode = convert(*ascii, idn2_to_unicode_8z8z);
    if (!unicode || convert(*unicode, idn2_to_ascii_8z) != ascii) return std::nullopt;
    return ascii;
}

bool has_space_or_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
    });
}

} // namespace

std::string_view to_string(AddressFault fault) {
    switch (fault) {
    case AddressFault::no_at_sign: return "it is not of the form local@domain";
    case AddressFault::not_ascii: return "the part before the @ has characters outside ASCII";
    case AddressFault::local_part: return "the part before the @ is not valid";
    case AddressFault::domain: return "the domain is not a valid host name";
    case AddressFault::too_long: return "it is longer than 254 characters";
    }
    return "";
}

boost::system::result<EmailAddress, AddressFault> EmailAddress::parse(std::string_view text) {
    if (text.size() > longest_text) return AddressFault::too_long;
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos) return AddressFault::no_at_sign;
    const std::string_view local = text.substr(0, at);
    const std::string_view domain = text.substr(at + 1);
    if (!is_ascii(local)) return AddressFault::not_ascii;
    if (local.size() > longest_local_part || !is_dotted(local, is_atom))
        return AddressFault::local_part;
    if (has_space_or_control(domain)) return AddressFault::domain; // NUL would end libidn2's text

    const auto host = to_a_labels(domain);
    if (!host || !is_host_name(*host)) return AddressFault::domain;
    std::string address = std::string(local) + '@' + *host;
    if (address.size() > longest_address) return AddressFault::too_long;
    return EmailAddress(std::move(address));
}

std::string EmailAddress::masked() const {
    return address_.substr(0, 1) + "***" + address_.substr(address_.find('@'));
}

} // namespace mfad::domain
