#include "mail_templates.hpp"
#include "mail_text.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace mfad;
using Kind = service::MailJob::Kind;

namespace {

constexpr std::array kinds{
    Kind::enrollment_link, Kind::enrollment_code, Kind::sign_in_code,    Kind::factor_added,
    Kind::factor_removed,  Kind::factors_reset,   Kind::factor_disabled, Kind::recovery_code_used,
    Kind::device_revoked,  Kind::device_stolen,   Kind::address_changed, Kind::reset_scheduled,
};

bool is_notice(Kind kind) {
    return kind != Kind::enrollment_link && kind != Kind::enrollment_code &&
           kind != Kind::sign_in_code;
}

std::set<std::string> placeholders(std::string_view text) {
    std::set<std::string> found;
    for (auto at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at + 2))
        found.emplace(text.substr(at + 2, text.find("}}", at) - at - 2));
    return found;
}

std::string subject_of(std::string_view text) {
    return std::string(text.substr(0, text.find('\n')));
}

worker::MailValues values() {
    worker::MailValues values;
    values.tenant = "Acme & Co";
    values.link = "https://mfa.example/enroll/#x";
    values.code = "123456";
    values.factors = "email totp passkey recovery_code";
    return values;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mail_templates_tests)

BOOST_AUTO_TEST_CASE(every_kind_is_there_in_every_language_with_the_same_placeholders) {
    for (const Kind kind : kinds) {
        const auto all = worker::mail_templates(kind);
        const auto& english = all.front();
        for (std::size_t i = 0; i < all.size(); ++i) {
            BOOST_TEST_CONTEXT(service::to_string(kind) << " in " << all[i].locale) {
                BOOST_TEST(all[i].locale == worker::mail_languages[i]);
                BOOST_CHECK(placeholders(all[i].text) == placeholders(english.text));
                BOOST_CHECK(placeholders(all[i].html) == placeholders(english.html));
                BOOST_TEST(placeholders(subject_of(all[i].text)).contains("tenant"));
                BOOST_TEST(placeholders(all[i].text).contains("contact") == is_notice(kind));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(no_language_has_the_text_of_another) {
    for (const Kind kind : kinds) {
        std::set<std::string> subjects;
        for (const auto& one : worker::mail_templates(kind))
            subjects.insert(subject_of(one.text));
        BOOST_TEST(subjects.size() == worker::mail_languages.size());
    }
}

BOOST_AUTO_TEST_CASE(every_factor_has_a_name_in_every_language) {
    for (const std::string_view locale : worker::mail_languages)
        for (const std::string_view type : {"email", "totp", "passkey", "recovery_code"})
            BOOST_TEST(!worker::factor_name(type, locale).empty());
    BOOST_TEST(worker::factor_name("sms", "en").empty());
}

BOOST_AUTO_TEST_CASE(a_mail_is_in_the_language_of_the_tag_or_in_english) {
    const std::pair<const char*, const char*> tags[]{
        {"es-MX", "es"}, {"RU", "ru"}, {"zh-Hans", "zh"}, {"zh_TW", "zh"},
        {"de-AT", "de"}, {"fr", "en"}, {"", "en"}};
    for (const auto& [tag, language] : tags)
        BOOST_TEST(worker::mail_text(Kind::factor_added, tag, values()).locale == language);
}

BOOST_AUTO_TEST_CASE(all_is_filled_in_and_the_contact_only_where_there_is_one) {
    for (const Kind kind : kinds)
        for (const std::string_view locale : worker::mail_languages) {
            worker::MailValues with = values();
            with.contact = "help@acme.example";
            const worker::MailText plain = worker::mail_text(kind, locale, values());
            const worker::MailText told = worker::mail_text(kind, locale, with);
            BOOST_TEST_CONTEXT(service::to_string(kind) << " in " << locale) {
                for (const std::string* part :
                     {&plain.subject, &plain.text, &plain.html, &told.text, &told.html}) {
                    BOOST_TEST(part->find("{{") == std::string::npos);
                    BOOST_TEST(part->find("()") == std::string::npos);
                }
                BOOST_TEST(plain.subject.find("Acme & Co") != std::string::npos);
                BOOST_TEST(plain.html.find("Acme &amp; Co") != std::string::npos);
                BOOST_TEST(plain.text.find("help@") == std::string::npos);
                for (const std::string* part : {&told.text, &told.html})
                    BOOST_TEST(
                        (part->find("(help@acme.example)") != std::string::npos) ==
                        is_notice(kind));
            }
        }
}

BOOST_AUTO_TEST_SUITE_END()
