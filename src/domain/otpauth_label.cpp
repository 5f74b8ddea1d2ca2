#include "otpauth_label.hpp"

#include "mfad/domain/otpauth.hpp"
#include "mfad/platform/plain_text.hpp"
#include "mfad/platform/utf8.hpp"

namespace mfad::domain {
namespace {

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    return text;
}

} // namespace

bool is_otpauth_name(std::string_view name) {
    return name.size() <= max_otpauth_name_bytes && platform::is_utf8(name) &&
           !platform::has_control(name);
}

OtpauthLabel split_label(std::string_view label) {
    const std::size_t colon = label.find(':');
    if (colon == std::string_view::npos) return {{}, std::string(trimmed(label))};
    return {
        std::string(trimmed(label.substr(0, colon))),
        std::string(trimmed(label.substr(colon + 1)))};
}

} // namespace mfad::domain
