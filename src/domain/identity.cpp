#include "mfad/domain/identity.hpp"

#include <algorithm>

namespace mfad::domain {

bool is_valid_id(std::string_view text) {
    constexpr std::string_view excluded = "/?#%\"";
    return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [&](char c) {
        return c > 0x20 && c < 0x7f && excluded.find(c) == std::string_view::npos;
    });
}

bool is_locale(std::string_view text) {
    return !text.empty() && text.size() <= 35 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

} // namespace mfad::domain
