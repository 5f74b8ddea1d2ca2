#pragma once

#include "mfad/http/message.hpp"

#include <optional>
#include <string_view>

namespace mfad::pages {

/// The page, with the fingerprinted URLs of what it loads.
http::Response page_response();

/// A style sheet or script by the name that the page gives it; its content never changes under that
/// name.
/// @return nothing when there is no such asset
std::optional<http::Response> asset_response(std::string_view name);

} // namespace mfad::pages
