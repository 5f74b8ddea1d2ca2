#include "mfad/mail/message.hpp"

#include "mfad/platform/utf8.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>

using namespace mfad::mail;
using namespace std::string_literals;
using mfad::platform::UnixMillis;

namespace {

Message example() {
    Message m;
    m.id = "p12.AbC-1_x";
    m.from = {"Acme Login", "no-reply@acme.example"};
    m.to = "user@example.org";
    m.date = UnixMillis{std::chrono::milliseconds{1795323780000}};
    m.subject = "Your code";
    m.text = "Your code: 493021\n";
    m.html = "<p>Your code: <b>493021</b></p>\n";
    return m;
}

std::vector<std::string> lines_of(const std::string& mail) {
    std::vector<std::string> lines;
    std::size_t at = 0;
    while (at < mail.size()) {
        const std::size_t end = mail.find("\r\n", at);
        BOOST_REQUIRE(end != std::string::npos);
        lines.push_back(mail.substr(at, end - at));
        at = end + 2;
    }
    return lines;
}

/// A header's value as it stands, folds included; "" when there is none, and an error when there
/// are two.
std::string header(const std::string& mail, const std::string& name) {
    const std::string head = "\r\n" + mail.substr(0, mail.find("\r\n\r\n") + 2);
    std::size_t at = head.find("\r\n" + name + ":");
    if (at == std::string::npos) return "";
    BOOST_TEST(head.find("\r\n" + name + ":", at + 1) == std::string::npos);
    at += name.size() + 3;
    std::size_t end = at;
    do
        end = head.find("\r\n", end + 1);
    while (head.substr(end + 2).starts_with(' '));
    const std::string value = head.substr(at, end - at);
    return value.starts_with(' ') ? value.substr(1) : value;
}

std::string subject(std::string text) {
    Message m = example();
    m.subject = std::move(text);
    return header(render(m), "Subject");
}

std::string from(std::string name) {
    Message m = example();
    m.from.name = std::move(name);
    return header(render(m), "From");
}

std::string text_body(std::string text) {
    Message m = example();
    m.text = std::move(text);
    m.html.clear();
    const std::string mail = render(m);
    return mail.substr(mail.find("\r\n\r\n") + 4);
}

} // namespace

BOOST_AUTO_TEST_SUITE(message_tests)

BOOST_AUTO_TEST_CASE(a_mail_has_each_header_once) {
    Message m = example();
    m.locale = "de-AT";
    const std::string mail = render(m);
    BOOST_TEST(header(mail, "Date") == "Sun, 22 Nov 2026 05:03:00 +0000");
    BOOST_TEST(header(mail, "From") == "\"Acme Login\"\r\n <no-reply@acme.example>");
    BOOST_TEST(header(mail, "To") == "user@example.org");
    BOOST_TEST(header(mail, "Subject") == "Your code");
    BOOST_TEST(header(mail, "Message-ID") == "<p12.AbC-1_x@acme.example>");
    BOOST_TEST(header(mail, "Auto-Submitted") == "auto-generated");
    BOOST_TEST(header(mail, "MIME-Version") == "1.0");
    BOOST_TEST(header(mail, "Content-Language") == "de-AT");
    BOOST_TEST(header(mail, "Content-Type").starts_with("multipart/alternative; boundary=\"=_"));
}

BOOST_AUTO_TEST_CASE(a_retry_sends_the_same_bytes_and_another_mail_has_another_boundary) {
    BOOST_TEST(render(example()) == render(example()));
    Message other = example();
    other.id = "other";
    BOOST_TEST(header(render(other), "Content-Type") != header(render(example()), "Content-Type"));
}

BOOST_AUTO_TEST_CASE(the_plain_text_comes_first_and_is_always_there) {
    const std::string mail = render(example());
    const auto plain = mail.find("text/plain; charset=utf-8");
    const auto html = mail.find("text/html; charset=utf-8");
    BOOST_TEST(plain != std::string::npos);
    BOOST_TEST(html != std::string::npos);
    BOOST_TEST(plain < html);

    Message m = example();
    m.html.clear();
    BOOST_TEST(header(render(m), "Content-Type") == "text/plain; charset=utf-8");
    BOOST_TEST(render(m).find("text/html") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_text_can_begin_a_header) {
    for (const auto& evil :
         {"x\r\nBcc: victim@example.net"s, "x\nBcc: y"s, "x\rBcc: y"s, "x\0\nBcc: y"s,
          "x\xc2\x85"
          "Bcc: y"s,
          "x\xe2\x80\xa8"
          "Bcc: y"s}) {
        BOOST_TEST(subject(evil).starts_with("x Bcc: "), evil);
        BOOST_TEST(from(evil).starts_with("\"x Bcc: "), evil);
    }
    Message m = example();
    m.locale = "en\r\nBcc: y";
    BOOST_TEST(header(render(m), "Content-Language") == "");
    BOOST_TEST(header(render(m), "Bcc") == "");
}

BOOST_AUTO_TEST_CASE(an_id_or_an_address_with_more_in_it_is_refused) {
    for (const auto& id :
         {""s, "a b"s, "a>"s, "a@b"s, "a\r\n"s, "a\0"s, ".a"s, "a..b"s, "\xc3\xbc"s,
          std::string(129, 'a')}) {
        Message m = example();
        m.id = id;
        BOOST_CHECK_THROW(render(m), std::invalid_argument);
    }
    for (const auto& address :
         {""s, "a"s, "a@b.example\r\nBcc: c@d.example"s, "a@b.example>"s,
          "a@b.example, c@d.example"s}) {
        Message m = example();
        m.to = address;
        BOOST_CHECK_THROW(render(m), std::invalid_argument);
        m = example();
        m.from.address = address;
        BOOST_CHECK_THROW(render(m), std::invalid_argument);
    }
}

BOOST_AUTO_TEST_CASE(text_beyond_ascii_becomes_encoded_words) {
    // RFC 2047: "Grüße" in UTF-8 and base64.
    BOOST_TEST(
        subject("Gr\xc3\xbc\xc3\x9f"
                "e") == "=?UTF-8?B?R3LDvMOfZQ==?=");
    BOOST_TEST(from("M\xc3\xbcller") == "=?UTF-8?B?TcO8bGxlcg==?=\r\n <no-reply@acme.example>");
    // What only looks encoded stays text for the reader.
    BOOST_TEST(subject("=?UTF-8?Q?a?=") == "=?UTF-8?B?PT9VVEYtOD9RP2E/PQ==?=");
}

BOOST_AUTO_TEST_CASE(an_encoded_word_never_cuts_a_character) {
    std::string text;
    for (int i = 0; i < 100; ++i)
        text += "a\xf0\x9f\x94\x91"; // an odd length, so that cuts would fall anywhere
    std::istringstream words(subject(text));
    int count = 0;
    for (std::string word; words >> word; ++count) {
        BOOST_REQUIRE(word.starts_with("=?UTF-8?B?"));
        BOOST_TEST(word.size() <= 75U);
        BOOST_TEST(word.size() % 4 == 0U); // 12 around it, then whole base64 groups
    }
    BOOST_TEST(count > 5);
}

BOOST_AUTO_TEST_CASE(a_display_name_cannot_rearrange_or_fill_the_header) {
    BOOST_TEST(from("").starts_with("no-reply@acme.example"));
    BOOST_TEST(from(" \r\n\t ").starts_with("no-reply@acme.example"));
    BOOST_TEST(
        from("\xe2\x80\xae"
             "evil\xe2\x81\xa6 \xd8\x9c") == "\"evil\"\r\n <no-reply@acme.example>");
    BOOST_TEST(from("a\"b\\c") == "\"a\\\"b\\\\c\"\r\n <no-reply@acme.example>");
    BOOST_TEST(
        from(std::string(40, 'a') + ' ' + std::string(40, 'b')) ==
        '"' + std::string(40, 'a') + ' ' + std::string(23, 'b') + "\"\r\n <no-reply@acme.example>");
    BOOST_TEST(from(std::string(63, 'a') + " b").find(" b") == std::string::npos);
    BOOST_TEST(from("broken\xff\xc3") == "\"broken\"\r\n <no-reply@acme.example>");
}

BOOST_AUTO_TEST_CASE(lines_are_short_whatever_the_texts_are) {
    Message m = example();
    m.subject = std::string(3000, 'x');
    for (int i = 0; i < 300; ++i)
        m.text += "\xe2\x82\xac words without an end, = and \t";
    m.html = std::string(5000, '=');
    for (const auto& line : lines_of(render(m))) {
        BOOST_TEST(line.size() <= 76U);
        for (const char c : line)
            BOOST_REQUIRE(((c >= 0x20 && c < 0x7f) || c == '\t'));
    }
    m = example();
    m.id = std::string(128, 'i');
    m.from.address = std::string(64, 'a') + "@" + std::string(60, 'b') + ".example";
    for (const auto& line : lines_of(render(m)))
        BOOST_TEST(line.size() <= 998U);
}

BOOST_AUTO_TEST_CASE(an_ascii_subject_is_folded_between_words) {
    std::string words;
    for (int i = 0; i < 40; ++i)
        words += (i ? " word" : "word") + std::to_string(i);
    std::string unfolded = subject(words);
    for (std::size_t at = 0; (at = unfolded.find("\r\n", at)) != std::string::npos;)
        unfolded.erase(at, 2);
    BOOST_TEST(unfolded == words);
}

BOOST_AUTO_TEST_CASE(bodies_are_quoted_printable) {
    BOOST_TEST(text_body("a=b\n") == "a=3Db\r\n");
    BOOST_TEST(text_body("\xe2\x82\xac") == "=E2=82=AC\r\n");
    BOOST_TEST(text_body("a \nb\t\n c") == "a=20\r\nb=09\r\n c\r\n");
    BOOST_TEST(text_body("one\rtwo\r\nthree\nfour") == "one\r\ntwo\r\nthree\r\nfour\r\n");
    BOOST_TEST(text_body("\n\na\n") == "\r\n\r\na\r\n");
    BOOST_TEST(text_body("a\0b\x7f"s) == "a=00b=7F\r\n");
    BOOST_TEST(text_body(std::string(76, 'a')) == std::string(76, 'a') + "\r\n");
    BOOST_TEST(text_body(std::string(77, 'a')) == std::string(75, 'a') + "=\r\naa\r\n");
    BOOST_TEST(text_body(std::string(74, 'a') + "=") == std::string(74, 'a') + "=\r\n=3D\r\n");
    BOOST_TEST(text_body(std::string(73, 'a') + "=") == std::string(73, 'a') + "=3D\r\n");
    BOOST_TEST(text_body("") == "");
}

BOOST_AUTO_TEST_SUITE_END()
