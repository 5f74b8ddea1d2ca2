#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mfad::domain {

/// The kinds of second factor. The values are bits of stored records: they never change.
enum class FactorType : std::uint8_t {
    email = 1,         ///< a code by mail to a verified address (AAL1)
    totp = 2,          ///< RFC 6238
    passkey = 4,       ///< WebAuthn credentials
    recovery_code = 8, ///< one-time codes kept by the user
    duo = 16,          ///< external: Duo
    guardian = 32,     ///< external: Auth0 Guardian
};

/// A set of factor types.
class FactorSet {
public:
    constexpr FactorSet() = default;
    // A single type is a set of one: `enabled.contains(FactorType::email)` reads as it is meant.
    constexpr FactorSet(FactorType type) // NOLINT(google-explicit-constructor)
        : bits_(static_cast<std::uint8_t>(type)) {}

    static constexpr FactorSet all() { return from_bits(63); }
    /// Bits beyond the known types are dropped.
    static constexpr FactorSet from_bits(unsigned bits) {
        FactorSet set;
        set.bits_ = static_cast<std::uint8_t>(bits & 63);
        return set;
    }

    constexpr std::uint8_t bits() const { return bits_; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr bool contains(FactorSet other) const { return (bits_ & other.bits_) == other.bits_; }
    constexpr bool intersects(FactorSet other) const { return (bits_ & other.bits_) != 0; }

    friend constexpr FactorSet operator|(FactorSet a, FactorSet b) {
        return from_bits(unsigned{a.bits_} | b.bits_);
    }
    friend constexpr FactorSet operator&(FactorSet a, FactorSet b) {
        return from_bits(unsigned{a.bits_} & b.bits_);
    }
    friend constexpr FactorSet operator-(FactorSet a, FactorSet b) {
        return from_bits(unsigned{a.bits_} & ~unsigned{b.bits_});
    }
    friend constexpr bool operator==(FactorSet, FactorSet) = default;

private:
    std::uint8_t bits_ = 0;
};

/// What proves more than a code by mail does (NIST SP 800-63B-4 section 3.1.3.1).
inline constexpr FactorSet strong_factors = FactorSet(FactorType::totp) | FactorType::passkey;

/// `email`, `totp`, `passkey`, `recovery_code`, `duo`, `guardian`.
std::string_view to_string(FactorType type);
std::optional<FactorType> factor_type(std::string_view name);

/// Calls `f(FactorType)` for each member, in the order of the enumeration.
template <class F>
void for_each(FactorSet set, F f) {
    for (unsigned bit = 1; bit <= 32; bit <<= 1)
        if ((set.bits() & bit) != 0) f(static_cast<FactorType>(bit));
}

} // namespace mfad::domain
