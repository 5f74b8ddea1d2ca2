#pragma once

#include "mfad/domain/relying_party.hpp"
#include "mfad/service/field_reader.hpp"

namespace mfad::service {

/// Reads `webauthn` of a tenant's definition (docs/import.md). Without origins, `https://<rp_id>`
/// is the only one.
domain::RelyingParty read_relying_party(FieldReader& in);

/// What browsers would refuse of it. A list of public suffixes decides, which changes with time: so
/// it is asked for what comes in, and never for what is stored.
/// @param path dotted name of the definition's member
std::optional<domain::Refusal> lint_relying_party(
    const domain::RelyingParty& party, const std::string& path);

} // namespace mfad::service
