#pragma once

#include "mfad/domain/tenant.hpp"
#include "mfad/mail/mailbox.hpp"
#include "mfad/mail/message.hpp"
#include "mfad/service/mail_job.hpp"

#include <string>
#include <string_view>

namespace mfad::worker {

/// What all mails of a tenant have in common.
struct MailFrame {
    const domain::Tenant* tenant = nullptr; ///< null: it is gone
    const mail::Mailbox& from;              ///< of tenants without a sender of their own
    const std::string& public_url;
};

/// The mail of a job, but for whom it goes to: byte for byte the same at every attempt.
mail::Message mail_message(
    const service::MailJob& job, const MailFrame& frame, std::string_view locale);

} // namespace mfad::worker
