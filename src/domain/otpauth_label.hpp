#pragma once

#include <string>
#include <string_view>

namespace mfad::domain {

/// Whether an issuer or account may stand in a record and on a page: UTF-8 without control
/// characters, not too long.
bool is_otpauth_name(std::string_view name);

struct OtpauthLabel {
    std::string issuer;
    std::string account;
};

/// Takes `<issuer>:<account>` or `<account>` apart, blanks around the account dropped.
OtpauthLabel split_label(std::string_view label);

} // namespace mfad::domain
