#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace mfad::platform {

struct Bounds {
    std::uint32_t least = 0;
    std::uint32_t most = 0;
};

constexpr bool holds(Bounds bounds, std::size_t value) {
    return value >= bounds.least && value <= bounds.most;
}

/// Reads a PHC string from the front; every step that fails makes all later ones fail.
class PhcReader {
public:
    explicit PhcReader(std::string_view text) : rest_(text) {}

    bool starts_with(std::string_view expected) const { return ok_ && rest_.starts_with(expected); }

    PhcReader& literal(std::string_view expected) {
        ok_ = ok_ && rest_.starts_with(expected);
        if (ok_) rest_.remove_prefix(expected.size());
        return *this;
    }

    PhcReader& number(Bounds bounds) {
        std::uint32_t ignored = 0;
        return number(bounds, ignored);
    }

    PhcReader& number(Bounds bounds, std::uint32_t& value) {
        const bool plain = ok_ && !rest_.starts_with('0');
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        ok_ = plain && error == std::errc() && holds(bounds, value);
        if (ok_) rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return *this;
    }

    PhcReader& base64(Bounds bounds) {
        const auto end = std::ranges::find_if_not(rest_, [](char c) {
            return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                   c == '+' || c == '/';
        });
        const auto length = static_cast<std::size_t>(end - rest_.begin());
        ok_ = ok_ && holds(bounds, length);
        if (ok_) rest_.remove_prefix(length);
        return *this;
    }

    bool at_end() const { return ok_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool ok_ = true;
};

} // namespace mfad::platform
