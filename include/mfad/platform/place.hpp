#pragma once

#include <string>
#include <string_view>

namespace mfad::platform {

/// Where a stored value belongs, in parts: tenant, user, field. Each part is kept with its length,
/// so that no two different sequences of parts look alike, whatever they hold.
/// ```
/// Place place;
/// place.part(tenant).part(user).part("email");
/// ```
class Place {
public:
    Place() { bytes_.reserve(64); }

    Place& part(std::string_view text) {
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes_.push_back(static_cast<char>(text.size() >> shift & 255));
        bytes_.append(text);
        return *this;
    }

    std::string_view bytes() const { return bytes_; }

private:
    std::string bytes_;
};

} // namespace mfad::platform
