#pragma once

#include "mfad/domain/factor.hpp"
#include "mfad/domain/identity.hpp"
#include "mfad/platform/json_text.hpp"
#include "mfad/service/mail_job.hpp"
#include "mfad/service/vault.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::service {

/// A factor that is bound, as it may be shown: never with a secret.
struct FactorView {
    std::string id;
    domain::FactorType type = domain::FactorType::email;
    std::string label; ///< empty: none
    std::optional<platform::UnixMillis> created;
    std::optional<platform::UnixMillis> last_used;
    std::optional<unsigned> codes_left; ///< of recovery codes
    unsigned failures = 0;              ///< in a row, with its type
    bool disabled = false;              ///< by failures
};

/// Who asks for a change of factors.
enum class Asker : std::uint8_t {
    host,    ///< a server's credential: exempt from restriction and proof
    himself, ///< the user's own credential
    invited, ///< himself, where a server's link leads: restriction does not count, proof does
    done,    ///< himself, as a part of what he has just done: neither counts
};

/// A member with the names of factors.
void append_factors(platform::JsonText& body, std::string_view name, domain::FactorSet factors);

/// A sealed notice to a user that something happened to his factors.
std::string seal_notice(
    MailJob::Kind kind, domain::FactorSet factors, const domain::UserRef& user, Vault& vault);

} // namespace mfad::service
