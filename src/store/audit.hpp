#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/platform/packed.hpp"
#include "mfad/store/audit_store.hpp"

namespace mfad::store {

/// What the scripts know of an event beforehand, as `scripts/lib/audit.lua` unpacks it.
inline std::string audit_context(
    const Context& context, const domain::UserRef& user, const AuditNote& note) {
    platform::PackedWriter packed;
    packed.u32(context.audit_events()).text(user.tenant).text(user.user);
    packed.text(to_string(note.by)).text(note.subject);
    return packed.bytes();
}

} // namespace mfad::store
