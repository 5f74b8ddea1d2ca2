#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mfad::domain {

/// Ids of tenants and users: 1..128 bytes of visible ASCII without space and without `/ ? # % "`.
bool is_valid_id(std::string_view text);

/// Language tags as they are stored: 1..35 letters, digits, `-` and `_`, such as `en` or `pt-BR`.
bool is_locale(std::string_view text);

/// One user of one tenant.
struct UserRef {
    std::string tenant;
    std::string user;
};

} // namespace mfad::domain
