#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/platform/clock.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/keys.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::service {

/// A mail that is owed. Whom it goes to is looked up when it is sent, so that it only ever goes to
/// the address that is stored then; what it tells is here, and lies in the queue sealed.
struct MailJob {
    enum class Kind : std::uint8_t {
        enrollment_link, ///< `secret` is the token of the link
        enrollment_code, ///< `secret` is the code
        sign_in_code,    ///< of a challenge; `secret` is the code
        // Notices; `secret` has the types of the factors, with blanks between them.
        factor_added,
        factor_removed,
        factors_reset,
        recovery_code_used,
        factor_disabled, ///< by failures in a row
        device_revoked,  ///< a remembered one is forgotten
        device_stolen,   ///< the same, since an old token of it came again
        address_changed, ///< goes to the address before (UserStore::old_address)
        reset_scheduled, ///< `secret` is the token that cancels it; of use until it is done
        reset_due,       ///< no mail: the reset is to be done; `secret` is its id
    };

    std::string id; ///< 16 random bytes; names the job, and the message at every attempt
    Kind kind = Kind::enrollment_link;
    domain::UserRef user;
    std::string link_id; ///< the link that it belongs to, superseded with it; or its challenge
    std::string secret;
    platform::UnixMillis created{};
    platform::UnixMillis not_after{}; ///< never sent later than this
    unsigned attempts = 0;
    std::string last_error; ///< what the last attempt ended with; never secret

    store::MailClass mail_class() const;
    /// Whether it goes when its link does.
    bool is_of_link() const {
        return kind == Kind::enrollment_link || kind == Kind::enrollment_code;
    }
};

std::string_view to_string(MailJob::Kind kind);

/// A job of now, with a new id; what it tells and how long it is of use, the caller adds.
MailJob new_job(MailJob::Kind kind, const domain::UserRef& user);

/// The job as the queue holds it: the digit of its class, its id, and the rest sealed in its place.
std::string seal_job(const MailJob& job, Vault& vault);

/// @return nothing for bytes that were not sealed as a job with this installation's keys
std::optional<MailJob> open_job(std::string_view bytes, Vault& vault);

/// The id of a job as people see it, lower-case hexadecimal; of any bytes of the queue.
std::string public_job_id(std::string_view bytes);

} // namespace mfad::service
