#include "mfad/http/host.hpp"

#include "mfad/http/ascii.hpp"

#include <algorithm>

namespace mfad::http {
namespace {

bool is_name(std::string_view name) {
    const auto allowed = [](char c) {
        return ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '_' || c == '.';
    };
    return !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), allowed);
}

bool is_bracketed_address(std::string_view text) {
    const auto allowed = [](char c) {
        return ascii::is_digit(c) || (ascii::lower(c) >= 'a' && ascii::lower(c) <= 'f') ||
               c == ':' || c == '.';
    };
    return text.size() >= 4 && text.size() <= 47 && text.starts_with('[') && text.ends_with(']') &&
           std::all_of(text.begin() + 1, text.end() - 1, allowed);
}

bool is_port(std::string_view port) {
    if (port.empty()) return true; // RFC 3986 section 3.2.3: `host:` is `host`
    if (port.size() > 5 || !std::all_of(port.begin(), port.end(), ascii::is_digit)) return false;
    unsigned number = 0;
    for (const char c : port)
        number = number * 10 + static_cast<unsigned>(c - '0');
    return number <= 65535;
}

} // namespace

bool is_host(std::string_view value) {
    const std::size_t end_of_address = value.starts_with('[') ? value.find(']') : 0;
    if (end_of_address == std::string_view::npos) return false;
    const std::size_t colon = value.find(':', end_of_address);
    const std::string_view host = value.substr(0, colon);
    if (colon != std::string_view::npos && !is_port(value.substr(colon + 1))) return false;
    return is_name(host) || is_bracketed_address(host);
}

bool is_allowed_host(std::string_view value, std::span<const std::string> allowed) {
    const auto same = [value](const std::string& name) {
        return ascii::equal_ignoring_case(name, value);
    };
    return std::any_of(allowed.begin(), allowed.end(), same);
}

} // namespace mfad::http
