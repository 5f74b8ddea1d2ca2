#include "mail_text.hpp"

#include "templates.hpp"

#include "mfad/mail/message.hpp"

#include <algorithm>
#include <array>
#include <kainjow/mustache.hpp>
#include <stdexcept>

namespace mfad::worker {
namespace {

namespace mustache = kainjow::mustache;
using Kind = service::MailJob::Kind;

constexpr std::size_t longest_name = 64;

/// A mail in one language. The first line of the text is the subject.
struct Template {
    std::string_view locale;
    std::string_view text;
    std::string_view html;
};

/// The same mail in all languages, English first.
using Templates = std::array<Template, 2>;

constexpr Templates code_mail{{
    {"en", templates::code_en_txt, templates::code_en_html},
    {"de", templates::code_de_txt, templates::code_de_html},
}};
constexpr Templates enrollment_link_mail{{
    {"en", templates::enrollment_link_en_txt, templates::enrollment_link_en_html},
    {"de", templates::enrollment_link_de_txt, templates::enrollment_link_de_html},
}};
constexpr Templates factor_added_mail{{
    {"en", templates::factor_added_en_txt, templates::factor_added_en_html},
    {"de", templates::factor_added_de_txt, templates::factor_added_de_html},
}};
constexpr Templates factor_removed_mail{{
    {"en", templates::factor_removed_en_txt, templates::factor_removed_en_html},
    {"de", templates::factor_removed_de_txt, templates::factor_removed_de_html},
}};
constexpr Templates factors_reset_mail{{
    {"en", templates::factors_reset_en_txt, templates::factors_reset_en_html},
    {"de", templates::factors_reset_de_txt, templates::factors_reset_de_html},
}};
constexpr Templates recovery_code_used_mail{{
    {"en", templates::recovery_code_used_en_txt, templates::recovery_code_used_en_html},
    {"de", templates::recovery_code_used_de_txt, templates::recovery_code_used_de_html},
}};

constexpr Templates reset_scheduled_mail{{
    {"en", templates::reset_scheduled_en_txt, templates::reset_scheduled_en_html},
    {"de", templates::reset_scheduled_de_txt, templates::reset_scheduled_de_html},
}};

const Templates& templates_of(Kind kind) {
    switch (kind) {
    case Kind::enrollment_link: return enrollment_link_mail;
    case Kind::enrollment_code: return code_mail;
    case Kind::sign_in_code: return code_mail;
    case Kind::factor_added: return factor_added_mail;
    case Kind::factor_removed: return factor_removed_mail;
    case Kind::factors_reset: return factors_reset_mail;
    case Kind::recovery_code_used: return recovery_code_used_mail;
    case Kind::reset_scheduled: return reset_scheduled_mail;
    case Kind::reset_due: break; // no mail
    }
    throw std::logic_error("a kind of mail without a template");
}

/// What people call a factor.
struct FactorName {
    std::string_view type;
    std::string_view locale;
    std::string_view name;
};

constexpr std::array factor_names{
    FactorName{"email", "en", "codes by email"},
    FactorName{"email", "de", "Codes per E-Mail"},
    FactorName{"totp", "en", "an authenticator app"},
    FactorName{"totp", "de", "eine Authenticator-App"},
    FactorName{"passkey", "en", "a passkey"},
    FactorName{"passkey", "de", "ein Passkey"},
    FactorName{"recovery_code", "en", "recovery codes"},
    FactorName{"recovery_code", "de", "Wiederherstellungscodes"},
};

/// The language of a tag: `de` of `de-AT`. Tags mean the same in any case (RFC 5646, 2.1.1).
std::string language(std::string_view locale) {
    std::string name(locale.substr(0, locale.find_first_of("-_")));
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return name;
}

const Template& choose(Kind kind, std::string_view locale) {
    const Templates& all = templates_of(kind);
    const auto has = [wanted = language(locale)](const Template& t) { return t.locale == wanted; };
    const auto* const found = std::ranges::find_if(all, has);
    return found != all.end() ? *found : all.front();
}

std::string fill(std::string_view text, mustache::data& values, bool html) {
    mustache::mustache view{std::string(text)};
    if (!view.is_valid()) throw std::logic_error("mail template: " + view.error_message());
    if (!html) view.set_custom_escape([](const std::string& value) { return value; });
    return view.render(values);
}

/// `2026-11-22 05:03 UTC`: short, and the same everywhere.
std::string minute_text(platform::UnixMillis time) {
    std::string text = platform::rfc3339(std::chrono::floor<std::chrono::minutes>(time));
    text[10] = ' ';
    return text.substr(0, 16) + " UTC";
}

/// The names of factors in a language, with commas between them.
std::string names_of(std::string_view types, std::string_view locale) {
    std::string names;
    while (!types.empty()) {
        const std::string_view type = types.substr(0, types.find(' '));
        types.remove_prefix(std::min(types.size(), type.size() + 1));
        for (const FactorName& known : factor_names)
            if (known.type == type && known.locale == locale)
                names.append(names.empty() ? "" : ", ").append(known.name);
    }
    return names;
}

} // namespace

MailText mail_text(Kind kind, std::string_view locale, const MailValues& values) {
    const Template& chosen = choose(kind, locale);
    mustache::data data;
    // A name of several lines would end the subject and go on in the text.
    data.set("tenant", mail::one_line(values.tenant, longest_name));
    data.set("link", values.link);
    data.set("code", values.code);
    data.set("until", minute_text(values.until));
    data.set("at", minute_text(values.at));
    data.set("factors", names_of(values.factors, chosen.locale));

    MailText made;
    made.locale = chosen.locale;
    const std::string text = fill(chosen.text, data, false);
    const auto line_end = text.find('\n');
    made.subject = text.substr(0, line_end);
    made.text = text.substr(line_end + 1);

    data.set("subject", made.subject);
    data.set("locale", made.locale);
    data.set("body", fill(chosen.html, data, true));
    made.html = fill(templates::frame_html, data, true);
    return made;
}

} // namespace mfad::worker
