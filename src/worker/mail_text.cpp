#include "mail_text.hpp"

#include "mail_templates.hpp"
#include "templates.hpp"

#include "mfad/mail/message.hpp"

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <stdexcept>

namespace mfad::worker {
namespace {

namespace mustache = kainjow::mustache;
using Kind = service::MailJob::Kind;

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_contact = 128;

/// The language of a tag: `de` of `de-AT`. Tags mean the same in any case (RFC 5646, 2.1.1).
std::string language(std::string_view locale) {
    std::string name(locale.substr(0, locale.find_first_of("-_")));
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return name;
}

const MailTemplate& choose(Kind kind, std::string_view locale) {
    const auto all = mail_templates(kind);
    const auto has = [wanted = language(locale)](const MailTemplate& t) {
        return t.locale == wanted;
    };
    const auto found = std::ranges::find_if(all, has);
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
    const std::string_view separator = locale == "zh" ? "、" : ", ";
    std::string names;
    while (!types.empty()) {
        const std::string_view type = types.substr(0, types.find(' '));
        types.remove_prefix(std::min(types.size(), type.size() + 1));
        const std::string_view name = factor_name(type, locale);
        if (!name.empty()) names.append(names.empty() ? "" : separator).append(name);
    }
    return names;
}

} // namespace

MailText mail_text(Kind kind, std::string_view locale, const MailValues& values) {
    const MailTemplate& chosen = choose(kind, locale);
    mustache::data data;
    // A name of several lines would end the subject and go on in the text.
    data.set("tenant", mail::one_line(values.tenant, longest_name));
    data.set("link", values.link);
    data.set("code", values.code);
    data.set("until", minute_text(values.until));
    data.set("at", minute_text(values.at));
    data.set("factors", names_of(values.factors, chosen.locale));
    const std::string contact = mail::one_line(values.contact, longest_contact);
    data.set("contact", contact.empty() ? mustache::data(false) : mustache::data(contact));

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
