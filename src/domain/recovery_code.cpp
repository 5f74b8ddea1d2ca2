#include "mfad/domain/recovery_code.hpp"

#include "mfad/platform/crypto.hpp"

#include <algorithm>

namespace mfad::domain {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t group_characters = 5;

std::string new_recovery_code() {
    std::string code;
    for (std::size_t i = 0; i < recovery_code_characters; ++i) {
        if (i > 0 && i % group_characters == 0) code.push_back('-');
        code.push_back(alphabet[platform::random_below(alphabet.size())]);
    }
    return code;
}

/// The character of the alphabet that was meant.
char meant(char c) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'O') return '0';
    if (c == 'I' || c == 'L') return '1';
    return c;
}

} // namespace

std::vector<std::string> new_recovery_codes() {
    std::vector<std::string> codes;
    while (codes.size() < recovery_codes_in_a_set) {
        auto code = new_recovery_code();
        if (std::ranges::find(codes, code) == codes.end()) codes.push_back(std::move(code));
    }
    return codes;
}

std::optional<std::string> typed_recovery_code(std::string_view text) {
    std::string code;
    for (const char c : text) {
        if (c == ' ' || c == '-') continue;
        const char character = meant(c);
        if (alphabet.find(character) == std::string_view::npos ||
            code.size() == recovery_code_characters)
            return std::nullopt;
        code.push_back(character);
    }
    if (code.size() != recovery_code_characters) return std::nullopt;
    return code;
}

} // namespace mfad::domain
