#pragma once

#include "mfad/service/factor_import.hpp"
#include "mfad/service/field_reader.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace mfad::service {

/// How lines name it.
std::string_view to_string(platform::Attestation attestation);
std::optional<platform::Attestation> attestation_named(std::string_view name);

/// The member `passkeys` of a line `factors`.
std::vector<ImportedPasskey> read_passkeys(FieldReader& in);

} // namespace mfad::service
