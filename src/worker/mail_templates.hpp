#pragma once

#include "mfad/service/mail_job.hpp"

#include <array>
#include <span>
#include <string_view>

namespace mfad::worker {

/// A mail in one language. The first line of the text is the subject.
struct MailTemplate {
    std::string_view locale;
    std::string_view text;
    std::string_view html;
};

/// The languages that each mail is there in, English first.
constexpr std::array<std::string_view, 5> mail_languages{"en", "de", "es", "ru", "zh"};

/// A kind of mail in all languages, in their order.
std::span<const MailTemplate, mail_languages.size()> mail_templates(service::MailJob::Kind kind);

/// What people call a type of factor; empty for one that is none of ours.
std::string_view factor_name(std::string_view type, std::string_view locale);

} // namespace mfad::worker
