#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace mfad::app {

/// A column of a list. Two spaces at least, so that a long name does not run into what follows.
inline std::string column(std::string_view text, std::size_t width) {
    std::string out(text);
    out.append(std::max(width, out.size() + 2) - out.size(), ' ');
    return out;
}

} // namespace mfad::app
