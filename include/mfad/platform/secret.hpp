#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mfad::platform {

/// Owns bytes that must not leak: a key, a password, a URL that carries one.
///
/// They are overwritten when the object goes. It cannot be copied, printed, formatted or logged,
/// and has no `==` (compare with `equal_in_constant_time`). `reveal()` is the one way out, to be
/// looked for in reviews.
/// @par Threads  as a `std::string`
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string_view bytes);

    /// Takes the bytes over and wipes the string that they came in.
    static Secret take(std::string&& bytes);

    Secret(Secret&&) noexcept = default;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    /// The bytes; the view lives as long as this object is neither moved nor assigned.
    std::string_view reveal() const { return {bytes_.data(), bytes_.size()}; }
    bool empty() const { return bytes_.empty(); }

    bool operator==(const Secret&) const = delete;
    template <class Stream>
    friend Stream& operator<<(Stream&, const Secret&) = delete;

private:
    void wipe() noexcept;

    // Not a std::string: a moved-from short one would keep its bytes in place.
    std::vector<char> bytes_;
};

} // namespace mfad::platform
