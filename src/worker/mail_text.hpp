#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/service/mail_job.hpp"

#include <string>
#include <string_view>

namespace mfad::worker {

/// What a mail says, in one language.
struct MailText {
    std::string locale; ///< of the template that was used
    std::string subject;
    std::string text;
    std::string html;
};

/// What varies in a mail. Everything but the URL comes from outside and is escaped.
struct MailValues {
    std::string tenant;        ///< name, for people
    std::string contact;       ///< how people reach him; may be empty
    std::string link;          ///< URL to follow; of a link mail
    std::string code;          ///< of a code mail
    std::string factors;       ///< of a notice: types, with blanks between them
    platform::UnixMillis at{}; ///< when it happened
    platform::UnixMillis until{};
};

/// Fills in the template of a kind of mail in the user's language, or in English where there is
/// none in his.
MailText mail_text(service::MailJob::Kind kind, std::string_view locale, const MailValues& values);

} // namespace mfad::worker
