#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/service/field_reader.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Members that several kinds of import lines have.
namespace mfad::service {

/// The id of a tenant or user, or a login.
std::string read_id(FieldReader& in, std::string_view name);

/// A time as RFC 3339 has it; nothing when the member is not there.
std::optional<platform::UnixMillis> read_time(FieldReader& in, std::string_view name);

} // namespace mfad::service
