#include "mfad/domain/factor.hpp"

#include <array>
#include <utility>

namespace mfad::domain {
namespace {

constexpr std::array<std::pair<FactorType, std::string_view>, 6> names{{
    {FactorType::email, "email"},
    {FactorType::totp, "totp"},
    {FactorType::passkey, "passkey"},
    {FactorType::recovery_code, "recovery_code"},
    {FactorType::duo, "duo"},
    {FactorType::guardian, "guardian"},
}};

} // namespace

std::string_view to_string(FactorType type) {
    for (const auto& [known, name] : names)
        if (known == type) return name;
    return {};
}

std::optional<FactorType> factor_type(std::string_view name) {
    for (const auto& [type, known] : names)
        if (known == name) return type;
    return std::nullopt;
}

} // namespace mfad::domain
