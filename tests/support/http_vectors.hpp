#pragma once

#include <cctype>
#include <set>
#include <string>
#include <string_view>

/// What tests/data/vectors/http-raw.json is written in.
namespace mfad::test {

inline std::string decode_base64(std::string_view text) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        if (c == '=') break;
        bits = bits << 6 | static_cast<unsigned>(alphabet.find(c));
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes.push_back(static_cast<char>(bits >> held & 0xff));
    }
    return bytes;
}

/// The statuses in a text like `400 or 501, close`; `handled` is 200.
inline std::set<unsigned> expected_statuses(const std::string& text) {
    std::set<unsigned> statuses;
    for (std::size_t i = 0; i + 3 <= text.size(); ++i) {
        const auto digit = [&](std::size_t at) {
            return std::isdigit(static_cast<unsigned char>(text[at])) != 0;
        };
        const bool alone = (i == 0 || !digit(i - 1)) && (i + 3 == text.size() || !digit(i + 3));
        if (alone && digit(i) && digit(i + 1) && digit(i + 2))
            statuses.insert(static_cast<unsigned>(std::stoul(text.substr(i, 3))));
    }
    if (text.find("handled") != std::string::npos) statuses.insert(200);
    return statuses;
}

} // namespace mfad::test
