#include "mail_templates.hpp"

#include "templates.hpp"

#include <stdexcept>

namespace mfad::worker {
namespace {

using Kind = service::MailJob::Kind;
using Templates = std::array<MailTemplate, mail_languages.size()>;

constexpr Templates enrollment_link_mail{{
    {"en", templates::enrollment_link_en_txt, templates::enrollment_link_en_html},
    {"de", templates::enrollment_link_de_txt, templates::enrollment_link_de_html},
    {"es", templates::enrollment_link_es_txt, templates::enrollment_link_es_html},
    {"ru", templates::enrollment_link_ru_txt, templates::enrollment_link_ru_html},
    {"zh", templates::enrollment_link_zh_txt, templates::enrollment_link_zh_html},
}};
constexpr Templates code_mail{{
    {"en", templates::code_en_txt, templates::code_en_html},
    {"de", templates::code_de_txt, templates::code_de_html},
    {"es", templates::code_es_txt, templates::code_es_html},
    {"ru", templates::code_ru_txt, templates::code_ru_html},
    {"zh", templates::code_zh_txt, templates::code_zh_html},
}};
constexpr Templates factor_added_mail{{
    {"en", templates::factor_added_en_txt, templates::factor_added_en_html},
    {"de", templates::factor_added_de_txt, templates::factor_added_de_html},
    {"es", templates::factor_added_es_txt, templates::factor_added_es_html},
    {"ru", templates::factor_added_ru_txt, templates::factor_added_ru_html},
    {"zh", templates::factor_added_zh_txt, templates::factor_added_zh_html},
}};
constexpr Templates factor_removed_mail{{
    {"en", templates::factor_removed_en_txt, templates::factor_removed_en_html},
    {"de", templates::factor_removed_de_txt, templates::factor_removed_de_html},
    {"es", templates::factor_removed_es_txt, templates::factor_removed_es_html},
    {"ru", templates::factor_removed_ru_txt, templates::factor_removed_ru_html},
    {"zh", templates::factor_removed_zh_txt, templates::factor_removed_zh_html},
}};
constexpr Templates factors_reset_mail{{
    {"en", templates::factors_reset_en_txt, templates::factors_reset_en_html},
    {"de", templates::factors_reset_de_txt, templates::factors_reset_de_html},
    {"es", templates::factors_reset_es_txt, templates::factors_reset_es_html},
    {"ru", templates::factors_reset_ru_txt, templates::factors_reset_ru_html},
    {"zh", templates::factors_reset_zh_txt, templates::factors_reset_zh_html},
}};
constexpr Templates recovery_code_used_mail{{
    {"en", templates::recovery_code_used_en_txt, templates::recovery_code_used_en_html},
    {"de", templates::recovery_code_used_de_txt, templates::recovery_code_used_de_html},
    {"es", templates::recovery_code_used_es_txt, templates::recovery_code_used_es_html},
    {"ru", templates::recovery_code_used_ru_txt, templates::recovery_code_used_ru_html},
    {"zh", templates::recovery_code_used_zh_txt, templates::recovery_code_used_zh_html},
}};
constexpr Templates reset_scheduled_mail{{
    {"en", templates::reset_scheduled_en_txt, templates::reset_scheduled_en_html},
    {"de", templates::reset_scheduled_de_txt, templates::reset_scheduled_de_html},
    {"es", templates::reset_scheduled_es_txt, templates::reset_scheduled_es_html},
    {"ru", templates::reset_scheduled_ru_txt, templates::reset_scheduled_ru_html},
    {"zh", templates::reset_scheduled_zh_txt, templates::reset_scheduled_zh_html},
}};
constexpr Templates factor_disabled_mail{{
    {"en", templates::factor_disabled_en_txt, templates::factor_disabled_en_html},
    {"de", templates::factor_disabled_de_txt, templates::factor_disabled_de_html},
    {"es", templates::factor_disabled_es_txt, templates::factor_disabled_es_html},
    {"ru", templates::factor_disabled_ru_txt, templates::factor_disabled_ru_html},
    {"zh", templates::factor_disabled_zh_txt, templates::factor_disabled_zh_html},
}};
constexpr Templates device_revoked_mail{{
    {"en", templates::device_revoked_en_txt, templates::device_revoked_en_html},
    {"de", templates::device_revoked_de_txt, templates::device_revoked_de_html},
    {"es", templates::device_revoked_es_txt, templates::device_revoked_es_html},
    {"ru", templates::device_revoked_ru_txt, templates::device_revoked_ru_html},
    {"zh", templates::device_revoked_zh_txt, templates::device_revoked_zh_html},
}};
constexpr Templates device_stolen_mail{{
    {"en", templates::device_stolen_en_txt, templates::device_stolen_en_html},
    {"de", templates::device_stolen_de_txt, templates::device_stolen_de_html},
    {"es", templates::device_stolen_es_txt, templates::device_stolen_es_html},
    {"ru", templates::device_stolen_ru_txt, templates::device_stolen_ru_html},
    {"zh", templates::device_stolen_zh_txt, templates::device_stolen_zh_html},
}};
constexpr Templates address_changed_mail{{
    {"en", templates::address_changed_en_txt, templates::address_changed_en_html},
    {"de", templates::address_changed_de_txt, templates::address_changed_de_html},
    {"es", templates::address_changed_es_txt, templates::address_changed_es_html},
    {"ru", templates::address_changed_ru_txt, templates::address_changed_ru_html},
    {"zh", templates::address_changed_zh_txt, templates::address_changed_zh_html},
}};

const Templates& templates_of(Kind kind) {
    switch (kind) {
    case Kind::enrollment_link: return enrollment_link_mail;
    case Kind::enrollment_code:
    case Kind::sign_in_code: return code_mail;
    case Kind::factor_added: return factor_added_mail;
    case Kind::factor_removed: return factor_removed_mail;
    case Kind::factors_reset: return factors_reset_mail;
    case Kind::recovery_code_used: return recovery_code_used_mail;
    case Kind::reset_scheduled: return reset_scheduled_mail;
    case Kind::reset_due: break; // no mail
    case Kind::factor_disabled: return factor_disabled_mail;
    case Kind::device_revoked: return device_revoked_mail;
    case Kind::device_stolen: return device_stolen_mail;
    case Kind::address_changed: return address_changed_mail;
    }
    throw std::logic_error("a kind of mail without a template");
}

/// A type of factor in all languages, in their order.
struct FactorName {
    std::string_view type;
    std::array<std::string_view, mail_languages.size()> names;
};

constexpr std::array factor_names{
    FactorName{
        "email",
        {"codes by email", "Codes per E-Mail", "códigos por correo electrónico",
         "коды по электронной почте", "电子邮件验证码"}},
    FactorName{
        "totp",
        {"an authenticator app", "eine Authenticator-App", "una aplicación de autenticación",
         "приложение-аутентификатор", "身份验证器应用"}},
    FactorName{
        "passkey",
        {"a passkey", "ein Passkey", "una llave de acceso (passkey)", "ключ доступа (passkey)",
         "通行密钥"}},
    FactorName{
        "recovery_code",
        {"recovery codes", "Wiederherstellungscodes", "códigos de recuperación",
         "коды восстановления", "恢复代码"}},
};

} // namespace

std::span<const MailTemplate, mail_languages.size()> mail_templates(Kind kind) {
    return templates_of(kind);
}

std::string_view factor_name(std::string_view type, std::string_view locale) {
    for (const FactorName& factor : factor_names)
        for (std::size_t i = 0; i < mail_languages.size(); ++i)
            if (factor.type == type && mail_languages[i] == locale) return factor.names[i];
    return {};
}

} // namespace mfad::worker
