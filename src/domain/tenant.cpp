#include "mfad/domain/tenant.hpp"

#include <array>
#include <utility>

namespace mfad::domain {
namespace {

constexpr std::array<std::pair<DialectName, std::string_view>, 5> names{{
    {DialectName::xsolla, "xsolla"},
    {DialectName::rebilly, "rebilly"},
    {DialectName::quiva, "quiva"},
    {DialectName::navixy, "navixy"},
    {DialectName::native, "native"},
}};

} // namespace

std::string_view to_string(DialectName name) {
    for (const auto& [known, text] : names)
        if (known == name) return text;
    return {};
}

std::optional<DialectName> dialect_name(std::string_view text) {
    for (const auto& [name, known] : names)
        if (known == text) return name;
    return std::nullopt;
}

} // namespace mfad::domain
