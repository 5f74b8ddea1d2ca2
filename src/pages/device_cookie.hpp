#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/http/message.hpp"

#include <string>
#include <string_view>

/// The token of a remembered device, as a browser keeps it for the pages: a `__Host-` cookie
/// (RFC 6265bis, 4.1.3.2), one for each user of this browser. Its name is a digest of the user's.
namespace mfad::pages {

/// @return empty when the browser has none of this user's
std::string device_cookie(const http::Request& request, const domain::UserRef& user);

/// Has the browser keep a token in place of any before; with an empty one, none.
void set_device_cookie(
    http::Response& response, const domain::UserRef& user, std::string_view token);

} // namespace mfad::pages
