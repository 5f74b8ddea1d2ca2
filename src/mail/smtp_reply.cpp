#include "mfad/mail/smtp_reply.hpp"

#include <algorithm>
#include <charconv>

namespace mfad::mail {
namespace {

constexpr std::size_t longest_text = 4096;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Takes one to three digits off the front (RFC 3463 section 2); -1 when there are none.
int take_number(std::string_view& text) {
    int value = -1;
    const char* const end = text.data() + std::min<std::size_t>(text.size(), 3);
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || value < 0) return -1;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    return value;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

/// Takes an enhanced code of this category and the white space behind it off the front.
std::optional<EnhancedCode> take_enhanced(std::string_view& text, int category) {
    std::string_view rest = text;
    EnhancedCode code;
    code.category = take_number(rest);
    if (code.category != category || !take(rest, '.')) return std::nullopt;
    code.subject = take_number(rest);
    if (code.subject < 0 || !take(rest, '.')) return std::nullopt;
    code.detail = take_number(rest);
    if (code.detail < 0 || !(rest.empty() || rest.front() == ' ')) return std::nullopt;
    take(rest, ' ');
    text = rest;
    return code;
}

struct Line {
    int code = 0;
    bool last = false;
    std::string_view text;
};

std::optional<Line> parse_line(std::string_view text) {
    if (text.size() < 3 || !is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[2]))
        return std::nullopt;
    Line line{(text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0'), true, {}};
    if (line.code < 200 || line.code > 599) return std::nullopt;
    if (text.size() == 3) return line; // RFC 5321 section 4.2 has clients accept it
    if (text[3] != ' ' && text[3] != '-') return std::nullopt;
    line.last = text[3] == ' ';
    line.text = text.substr(4);
    return line;
}

std::string_view take_line(std::string_view& lines) {
    const std::size_t end = lines.find('\n');
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

void append_text(std::string& text, std::string_view more) {
    if (more.empty() || text.size() >= longest_text) return;
    if (!text.empty()) text.push_back(' ');
    text.append(more.substr(0, longest_text - text.size()));
}

/// Answers that say "who are you": never the mail's fault, whatever was asked (RFC 4954 section 6).
bool asks_for_authentication(int code) {
    return code == 530 || code == 534 || code == 535 || code == 538;
}

bool is_mailbox_full(const Reply& reply) {
    return reply.code == 552 && reply.enhanced == EnhancedCode{5, 2, 2};
}

/// 554 to a recipient is how servers refuse to relay, unless they say that it is about this address
/// (x.1.y).
bool refuses_to_relay(const Reply& reply) {
    return reply.code == 554 && !(reply.enhanced && reply.enhanced->subject == 1);
}

Verdict classify_permanent(Phase phase, const Reply& reply) {
    if (phase <= Phase::mail || asks_for_authentication(reply.code)) return Verdict::config;
    if (is_mailbox_full(reply)) return Verdict::retry;
    if (phase == Phase::rcpt && refuses_to_relay(reply)) return Verdict::config;
    return Verdict::permanent;
}

Verdict classify_positive(Phase phase, int code) {
    const bool goes_on = phase == Phase::data ? code == 354
                         : code >= 300        ? phase == Phase::auth && code == 334
                                              : true;
    if (!goes_on) return phase == Phase::end_of_data ? Verdict::unknown : Verdict::reconnect;
    return phase == Phase::end_of_data ? Verdict::delivered : Verdict::ok;
}

} // namespace

std::string_view to_string(Phase phase) {
    switch (phase) {
    case Phase::connect: return "connect";
    case Phase::ehlo: return "ehlo";
    case Phase::starttls: return "starttls";
    case Phase::auth: return "auth";
    case Phase::mail: return "mail";
    case Phase::rcpt: return "rcpt";
    case Phase::data: return "data";
    case Phase::end_of_data: return "end-of-data";
    }
    return "";
}

std::optional<Reply> parse_reply(std::string_view lines) {
    Reply reply;
    for (bool last = false; !last;) {
        const auto line = parse_line(take_line(lines));
        if (!line || (reply.code != 0 && reply.code != line->code)) return std::nullopt;
        reply.code = line->code;
        std::string_view text = line->text;
        const auto enhanced = take_enhanced(text, reply.code / 100);
        if (!reply.enhanced) reply.enhanced = enhanced;
        append_text(reply.text, text);
        last = line->last;
    }
    if (!lines.empty()) return std::nullopt;
    return reply;
}

Verdict classify(Phase phase, const std::optional<Reply>& reply) {
    if (!reply) return phase == Phase::end_of_data ? Verdict::unknown : Verdict::reconnect;
    if (reply->code < 400) return classify_positive(phase, reply->code);
    if (reply->code >= 500) return classify_permanent(phase, *reply);
    // 421 may come at any time (RFC 5321 section 3.8); before MAIL FROM every 4xx is about the
    // connection.
    if (reply->code == 421 || phase < Phase::mail) return Verdict::reconnect;
    return Verdict::retry;
}

} // namespace mfad::mail
