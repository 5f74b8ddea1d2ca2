#include "mfad/platform/encoding.hpp"

#include <cstdint>

namespace mfad::platform {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

int value_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= '2' && c <= '7') return c - '2' + 26;
    return -1;
}

/// Takes characters one by one; what is not in the alphabet makes it fail.
class Decoder {
public:
    explicit Decoder(std::size_t characters) { bytes_.reserve(characters * 5 / 8); }

    bool take(char c) {
        const int value = value_of(c);
        if (value < 0) return false;
        ++taken_;
        pending_ = (pending_ << 5 | static_cast<std::uint32_t>(value)) & 0xfff;
        bits_ += 5;
        if (bits_ < 8) return true;
        bits_ -= 8;
        bytes_.push_back(static_cast<char>(pending_ >> bits_ & 255));
        return true;
    }

    std::size_t taken() const { return taken_; }
    /// A character of which no bit belongs to a byte is one too many.
    bool is_whole() const { return bits_ < 5; }
    bool has_spare_bits() const { return (pending_ & ((1U << bits_) - 1)) != 0; }
    std::string bytes() && { return std::move(bytes_); }

private:
    std::string bytes_;
    std::size_t taken_ = 0;
    std::uint32_t pending_ = 0;
    unsigned bits_ = 0; // of `pending_`, not yet in `bytes_`
};

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

} // namespace

std::string base32(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 8 + 4) / 5);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const char c : bytes) {
        pending = (pending << 8 | static_cast<unsigned char>(c)) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5)
            text.push_back(alphabet[pending >> (bits - 5) & 31]);
    }
    if (bits > 0) text.push_back(alphabet[pending << (5 - bits) & 31]);
    return text;
}

std::optional<std::string> from_base32(std::string_view text) {
    Decoder decoder(text.size());
    for (const char c : text)
        if (!decoder.take(c)) return std::nullopt;
    if (!decoder.is_whole() || decoder.has_spare_bits()) return std::nullopt;
    return std::move(decoder).bytes();
}

std::optional<std::string> from_typed_base32(std::string_view text) {
    Decoder decoder(text.size());
    std::size_t padding = 0;
    for (const char c : text) {
        if (c == ' ' || c == '-') continue;
        if (c == '=')
            ++padding;
        else if (padding > 0 || !decoder.take(upper(c)))
            return std::nullopt;
    }
    const std::size_t missing = (8 - decoder.taken() % 8) % 8;
    if (!decoder.is_whole() || (padding > 0 && padding != missing)) return std::nullopt;
    return std::move(decoder).bytes();
}

} // namespace mfad::platform
