#include "mail_message.hpp"

#include "mail_text.hpp"

#include "mfad/service/enrollment.hpp"
#include "mfad/service/recovery.hpp"

namespace mfad::worker {
namespace {

using service::MailJob;

/// The sender of a tenant's mail: a name and address of his own, or the installation's.
mail::Mailbox sender_of(const domain::Tenant* tenant, const mail::Mailbox& fallback) {
    if (tenant == nullptr || tenant->mail_from.empty()) return fallback;
    const auto own = mail::parse_mailbox(tenant->mail_from);
    return own ? *own : fallback;
}

MailValues values_of(const MailJob& job, const MailFrame& frame) {
    MailValues values;
    values.tenant = frame.tenant ? frame.tenant->name : job.user.tenant;
    if (frame.tenant) values.contact = frame.tenant->mail_contact;
    values.at = job.created;
    values.until = job.not_after;
    if (job.kind == MailJob::Kind::enrollment_link)
        values.link = service::enrollment_href(frame.public_url, job.secret);
    else if (job.kind == MailJob::Kind::reset_scheduled)
        values.link = service::cancel_href(frame.public_url, job.secret);
    else if (job.mail_class() == store::MailClass::notice)
        values.factors = job.secret;
    else
        values.code = job.secret;
    return values;
}

} // namespace

mail::Message mail_message(const MailJob& job, const MailFrame& frame, std::string_view locale) {
    MailText text = mail_text(job.kind, locale, values_of(job, frame));
    mail::Message message;
    message.id = service::public_job_id("0" + job.id);
    message.from = sender_of(frame.tenant, frame.from);
    message.date = job.created;
    message.subject = std::move(text.subject);
    message.text = std::move(text.text);
    message.html = std::move(text.html);
    message.locale = std::move(text.locale);
    return message;
}

} // namespace mfad::worker
