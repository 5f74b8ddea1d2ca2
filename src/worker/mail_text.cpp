#include "mail_text.hpp"

#include "templates.hpp"

#include "mfad/mail/message.hpp"

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
    Kind kind;
    std::string_view locale;
    std::string_view text;
    std::string_view html;
};

constexpr std::array all_templates{
    Template{
        Kind::enrollment_link, "en", templates::enrollment_link_en_txt,
        templates::enrollment_link_en_html},
    Template{
        Kind::enrollment_link, "de", templates::enrollment_link_de_txt,
        templates::enrollment_link_de_html},
    Template{
        Kind::enrollment_code, "en", templates::enrollment_code_en_txt,
        templates::enrollment_code_en_html},
    Template{
        Kind::enrollment_code, "de", templates::enrollment_code_de_txt,
        templates::enrollment_code_de_html},
};

/// The language of a tag: `de` of `de-AT`. Tags mean the same in any case (RFC 5646, 2.1.1).
std::string language(std::string_view locale) {
    std::string name(locale.substr(0, locale.find_first_of("-_")));
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return name;
}

const Template& choose(Kind kind, std::string_view locale) {
    const std::string wanted = language(locale);
    const Template* english = nullptr;
    for (const Template& t : all_templates) {
        if (t.kind != kind) continue;
        if (t.locale == wanted) return t;
        if (t.locale == "en") english = &t;
    }
    if (english == nullptr) throw std::logic_error("a kind of mail without an English template");
    return *english;
}

std::string fill(std::string_view text, mustache::data& values, bool html) {
    mustache::mustache view{std::string(text)};
    if (!view.is_valid()) throw std::logic_error("mail template: " + view.error_message());
    if (!html) view.set_custom_escape([](const std::string& value) { return value; });
    return view.render(values);
}

/// `2026-11-22 05:03 UTC`: short, and the same everywhere.
std::string until_text(platform::UnixMillis until) {
    std::string text = platform::rfc3339(std::chrono::floor<std::chrono::minutes>(until));
    text[10] = ' ';
    return text.substr(0, 16) + " UTC";
}

} // namespace

MailText mail_text(Kind kind, std::string_view locale, const MailValues& values) {
    const Template& chosen = choose(kind, locale);
    mustache::data data;
    // A name of several lines would end the subject and go on in the text.
    data.set("tenant", mail::one_line(values.tenant, longest_name));
    data.set("link", values.link);
    data.set("code", values.code);
    data.set("until", until_text(values.until));

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
