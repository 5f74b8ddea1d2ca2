#pragma once

#include <string>
#include <string_view>

namespace mfad::platform {

/// The texts in one string, allocated once.
template <class... Texts>
std::string concat(const Texts&... texts) {
    std::string joined;
    joined.reserve((std::string_view(texts).size() + ... + 0));
    (joined.append(texts), ...);
    return joined;
}

} // namespace mfad::platform
