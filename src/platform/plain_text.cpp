#include "mfad/platform/plain_text.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace mfad::platform {
namespace {

// Eight bytes in a word, the first one lowest.
static_assert(std::endian::native == std::endian::little);

constexpr std::size_t word_size = 8;
constexpr std::uint64_t ones = 0x0101010101010101;
constexpr std::uint64_t tops = 0x80 * ones;

/// Up to eight bytes, and blanks after them.
std::uint64_t load(const char* bytes, std::size_t count) {
    std::uint64_t word = ' ' * ones;
    std::memcpy(&word, bytes, count);
    return word;
}

// Each of these sets the top bit of the bytes that it looks for: of the first such one for sure,
// and of none before it. What comes after may be wrong, for a borrow.

std::uint64_t equal(std::uint64_t word, std::uint64_t value) {
    const std::uint64_t zero = word ^ (value * ones);
    return (zero - ones) & ~zero & tops;
}

std::uint64_t control(std::uint64_t word) {
    const std::uint64_t below_blank = (word - ' ' * ones) & ~word & tops;
    return below_blank | equal(word, 0x7f);
}

std::uint64_t not_plain(std::uint64_t word) {
    return (word & tops) | control(word) | equal(word, '"') | equal(word, '\\');
}

// Sixteen bytes as the vector registers of x86-64 and ARMv8 hold them; g++ and clang++ both know
// it.
using Block = unsigned char __attribute__((vector_size(16)));

/// All ones in the bytes that are one, else 0.
Block control(Block bytes) {
    return (bytes < 0x20) | (bytes == 0x7f);
}

Block not_plain(Block bytes) {
    return (bytes < 0x20) | (bytes >= 0x7f) | (bytes == '"') | (bytes == '\\');
}

bool any(Block bytes) {
    const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(bytes);
    return (halves[0] | halves[1]) != 0;
}

/// How many bytes come before the first that `search` finds, in a block or in a word.
template <class Search>
std::size_t prefix_without(std::string_view text, Search search) {
    const auto position = [](std::uint64_t found) {
        return static_cast<std::size_t>(std::countr_zero(found)) / word_size;
    };
    std::size_t i = 0;
    for (Block block; i + sizeof block <= text.size(); i += sizeof block) {
        std::memcpy(&block, text.data() + i, sizeof block);
        if (any(search(block))) break;
    }
    std::uint64_t word = 0;
    for (; i + word_size <= text.size(); i += word_size) {
        std::memcpy(&word, text.data() + i, word_size);
        if (const std::uint64_t found = search(word)) return i + position(found);
    }
    if (i == text.size()) return i;
    const std::uint64_t found = search(load(text.data() + i, text.size() - i));
    return found != 0 ? i + position(found) : text.size();
}

} // namespace

std::size_t plain_prefix(std::string_view text) {
    return prefix_without(text, [](auto bytes) { return not_plain(bytes); });
}

bool has_control(std::string_view text) {
    const auto search = [](auto bytes) { return control(bytes); };
    return prefix_without(text, search) != text.size();
}

} // namespace mfad::platform
