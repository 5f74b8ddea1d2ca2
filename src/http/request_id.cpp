#include "request_id.hpp"

#include "mfad/http/ascii.hpp"

#include "mfad/platform/crypto.hpp"

#include <algorithm>

namespace mfad::http {

bool is_sane_request_id(std::string_view id) {
    const auto allowed = [](char c) {
        return ascii::is_letter(c) || ascii::is_digit(c) || c == '.' || c == '_' || c == '-';
    };
    return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), allowed);
}

void RequestIds::make(Text& id) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (block_.size() - used_ < id.size() / 2) {
        platform::fill_random(block_);
        used_ = 0;
    }
    for (std::size_t i = 0; i < id.size(); i += 2) {
        const unsigned char byte = block_[used_++];
        id[i] = digits[byte >> 4];
        id[i + 1] = digits[byte & 15];
    }
}

} // namespace mfad::http
