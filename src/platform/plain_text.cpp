#include "mfad/platform/plain_text.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace mfad::platform {
namespace {

constexpr std::array<bool, 256> plain_bytes = [] {
    std::array<bool, 256> plain{};
    for (unsigned c = 0x20; c < 0x7f; ++c)
        plain[c] = c != '"' && c != '\\';
    return plain;
}();

} // namespace

std::size_t plain_prefix(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t tops = 0x80 * ones;
    // The top bit of each byte that is `value`; of the bytes before the first such one, none.
    const auto is = [](std::uint64_t word, std::uint64_t value) {
        const std::uint64_t zero = word ^ (value * ones);
        return (zero - ones) & ~zero;
    };
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + i, 8);
        const std::uint64_t below_blank = (word - 0x20 * ones) & ~word;
        const std::uint64_t special =
            word | below_blank | is(word, '"') | is(word, '\\') | is(word, 0x7f);
        if ((special & tops) != 0) break;
    }
    const char* at = text.data() + i;
    const char* const end = text.data() + text.size();
    while (at != end && plain_bytes[static_cast<unsigned char>(*at)])
        ++at;
    return static_cast<std::size_t>(at - text.data());
}

} // namespace mfad::platform
