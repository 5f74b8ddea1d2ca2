#include "mfad/domain/one_time_code.hpp"

#include "mfad/platform/crypto.hpp"

#include <algorithm>

namespace mfad::domain {

std::string new_code(unsigned length) {
    std::string code;
    for (unsigned i = 0; i < length; ++i)
        code.push_back(static_cast<char>('0' + platform::random_below(10)));
    return code;
}

std::optional<std::string> typed_code(std::string_view text, unsigned length) {
    std::string code;
    for (const char c : text) {
        if (c == ' ' || c == '-') continue;
        if (c < '0' || c > '9' || code.size() == length) return std::nullopt;
        code.push_back(c);
    }
    if (code.size() != length) return std::nullopt;
    return code;
}

} // namespace mfad::domain
