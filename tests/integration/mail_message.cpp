#include "mfad/mail/message.hpp"

#include "child_process.hpp"
#include "temp_dir.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <random>

using namespace mfad::mail;
using namespace mfad::test;
using mfad::platform::UnixMillis;

namespace {

boost::json::array parsed_by_python(const std::vector<Message>& messages) {
    const TempDir folder;
    std::vector<std::string> command{"/usr/bin/python3", MFAD_TEST_SUPPORT "/parse_mail.py"};
    for (const auto& message : messages) {
        command.push_back((folder / std::to_string(command.size())).string());
        write_file(command.back(), render(message));
    }
    return boost::json::parse(run_program(command)).as_array();
}

Message example() {
    Message m;
    m.id = "p12.AbC-1_x";
    m.from = {"Acme", "no-reply@acme.example"};
    m.to = "o'brien!#$%&*+/=?^_`{|}~-@example.org";
    m.date = UnixMillis{std::chrono::milliseconds{1795323780000}};
    m.subject = "Your code";
    m.text = "Your code:\n\n493021\n";
    m.html = "<p>Your code: <b>493021</b></p>\n";
    return m;
}

/// Texts of whole words that meet every branch: ASCII and not, short and long, what looks like
/// syntax.
class Texts {
public:
    explicit Texts(unsigned seed) : random_(seed) {}

    std::string words(int most) {
        static const std::vector<std::string> pool{
            "code",
            "für",
            "die",
            "登录",
            "验证码",
            "🔑",
            "=?UTF-8?Q?x?=",
            "\"quoted\"",
            "a\\b",
            "<b>",
            "x@y.example,",
            "(comment)",
            "Ελληνικά",
            "العربية",
            "493021",
            ".",
            "a;b:c",
            "ﬀ",
            "averyveryveryverylongwordthatleavesnoplacetofoldthelineanywhereatallbeforeitsend"};
        std::string text;
        for (int i = pick(most); i >= 0; --i)
            text += (text.empty() ? "" : " ") +
                    pool[static_cast<std::size_t>(pick(static_cast<int>(pool.size()) - 1))];
        return text;
    }

    std::string body() {
        std::string text;
        for (int i = pick(20); i >= 0; --i)
            text += (pick(5) ? words(30) : "") + (pick(8) ? "" : " \t") + "\n";
        return text;
    }

private:
    int pick(int most) { return std::uniform_int_distribution<int>(0, most)(random_); }

    std::mt19937 random_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(mail_message_tests)

BOOST_AUTO_TEST_CASE(another_program_reads_what_was_meant) {
    constexpr unsigned seed = 20261122;
    BOOST_TEST_MESSAGE("seed " << seed);
    Texts texts(seed);
    std::vector<Message> messages{example()};
    for (int i = 0; i < 150; ++i) {
        Message m = example();
        m.subject = texts.words(20);
        m.from.name = texts.words(2).substr(0, 64);
        m.text = texts.body();
        m.html = i % 5 ? texts.body() : "";
        messages.push_back(std::move(m));
    }
    const auto read = parsed_by_python(messages);
    BOOST_REQUIRE(read.size() == messages.size());
    for (std::size_t i = 0; i < read.size(); ++i)
        BOOST_TEST_CONTEXT("message " << i << ": " << render(messages[i])) {
            const auto& r = read[i].as_object();
            const auto& m = messages[i];
            BOOST_TEST(r.at("subject").as_string() == m.subject);
            BOOST_TEST(r.at("text").as_string() == m.text);
            if (m.html.empty())
                BOOST_TEST(r.at("html").is_null());
            else
                BOOST_TEST(r.at("html").as_string() == m.html);
            BOOST_TEST(r.at("defects").as_array().empty(), r.at("defects"));
            BOOST_TEST(r.at("senders").as_int64() == 1);
            BOOST_TEST(r.at("from").as_string() == "no-reply@acme.example");
        }
}

BOOST_AUTO_TEST_CASE(the_fixed_headers_mean_what_they_should) {
    const auto read = parsed_by_python({example()});
    const auto& r = read.front().as_object();
    BOOST_TEST(r.at("name").as_string() == "Acme");
    BOOST_REQUIRE(r.at("to").as_array().size() == 1U);
    BOOST_TEST(r.at("to").as_array().front().as_string() == example().to);
    BOOST_TEST(r.at("id").as_string() == "<p12.AbC-1_x@acme.example>");
    BOOST_TEST(r.at("date").to_number<double>() == 1795323780.0);
    const boost::json::value types{"multipart/alternative", "text/plain", "text/html"};
    BOOST_TEST(r.at("types") == types);
}

BOOST_AUTO_TEST_CASE(a_hostile_text_adds_no_header_for_another_program_either) {
    std::vector<Message> messages{example()};
    for (const auto* evil :
         {"x\r\nBcc: victim@example.net", "x\r\n\r\n<script>", "\nBcc: y", "\rBcc: y",
          "x\"\r\n <evil@example.net>", "=?UTF-8?B?DQpCY2M6IHk=?=", "a, <evil@example.net>"}) {
        Message m = example();
        m.subject = evil;
        m.from.name = evil;
        m.locale = evil;
        messages.push_back(std::move(m));
    }
    const auto read = parsed_by_python(messages);
    for (const auto& r : read) {
        BOOST_TEST(r.at("headers") == read.front().at("headers"));
        BOOST_TEST(r.at("senders").as_int64() == 1);
        BOOST_TEST(r.at("from").as_string() == "no-reply@acme.example");
        BOOST_TEST(r.at("text").as_string() == example().text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
