#include "mfad/platform/plain_text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace mfad::platform {
namespace {

// The first byte is the lowest of a word.
static_assert(std::endian::native == std::endian::little);

// Sixteen bytes as the vector registers of x86-64 and ARMv8 hold them; g++ and clang++ both know
// it.
using Block = unsigned char __attribute__((vector_size(16)));

// These are all ones in the bytes that are looked for, else 0.

Block control(Block bytes) {
    return (bytes < 0x20) | (bytes == 0x7f);
}

Block not_plain(Block bytes) {
    return (bytes < 0x20) | (bytes >= 0x7f) | (bytes == '"') | (bytes == '\\');
}

/// Where the first byte that was found is; behind the last: nowhere.
std::size_t first_of(Block found) {
    constexpr std::size_t half = sizeof(std::uint64_t);
    const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(found);
    for (std::size_t i = 0; i < halves.size(); ++i)
        if (halves[i] != 0)
            return i * half + static_cast<std::size_t>(std::countr_zero(halves[i])) / 8;
    return sizeof(Block);
}

/// How many bytes come before the first that `search` finds.
template <class Search>
std::size_t prefix_without(std::string_view text, Search search) {
    std::size_t i = 0;
    for (Block block; i + sizeof block <= text.size(); i += sizeof block) {
        std::memcpy(&block, text.data() + i, sizeof block);
        const std::size_t at = first_of(search(block));
        if (at < sizeof block) return i + at;
    }
    if (i == text.size()) return i;
    Block rest = Block{} + ' '; // nobody looks for a blank
    std::memcpy(&rest, text.data() + i, text.size() - i);
    return std::min(i + first_of(search(rest)), text.size());
}

} // namespace

std::size_t plain_prefix(std::string_view text) {
    return prefix_without(text, not_plain);
}

bool has_control(std::string_view text) {
    return prefix_without(text, control) != text.size();
}

} // namespace mfad::platform
