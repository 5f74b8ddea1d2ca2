#include "mfad/mail/address.hpp"

#include <algorithm>

namespace mfad::mail {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_atext(char c) {
    return is_letter_or_digit(c) ||
           std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_label_character(char c) {
    return is_letter_or_digit(c) || c == '-';
}

bool is_dotted(std::string_view text, bool (*accepts)(char)) {
    for (;;) {
        const std::size_t dot = text.find('.');
        const std::string_view part = text.substr(0, dot);
        if (part.empty() || !std::all_of(part.begin(), part.end(), accepts)) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

} // namespace

bool is_wire_address(std::string_view text) {
    const std::size_t at = text.find('@');
    return at != std::string_view::npos && text.size() <= 254 && at <= 64 &&
           is_dotted(text.substr(0, at), is_atext) &&
           is_dotted(text.substr(at + 1), is_label_character);
}

std::string_view domain_of(std::string_view address) {
    return address.substr(address.find('@') + 1);
}

} // namespace mfad::mail
