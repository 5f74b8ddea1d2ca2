#include "mfad/mail/mail_url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace mfad::mail {
namespace {

namespace urls = boost::urls;

constexpr std::uint16_t submission_port = 587;  // RFC 6409
constexpr std::uint16_t submissions_port = 465; // RFC 8314
constexpr std::string_view maildir_scheme = "maildir:";

using Result = boost::system::result<MailTarget, std::string>;

bool is_host_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-';
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

Result parse_maildir(std::string_view path) {
    if (path.empty()) return "maildir: is followed by a path";
    if (has_control(path)) return "the path of a maildir has control characters";
    return MaildirTarget{std::string(path)};
}

/// The host without brackets; empty when it is none that a certificate could name.
std::string host_of(const urls::url_view& url) {
    if (url.host_type() == urls::host_type::ipv4 || url.host_type() == urls::host_type::ipv6)
        return url.host_address();
    const std::string host = url.host();
    const bool plain = !host.empty() && host.size() <= 253 &&
                       std::all_of(host.begin(), host.end(), is_host_character);
    return plain ? host : std::string();
}

Result parse_smtp(std::string_view text) {
    const auto parsed = urls::parse_uri(text);
    if (!parsed)
        return "it is not a URL (a user or password with @ : / ? # % has to be percent-encoded)";
    const urls::url_view& url = *parsed;
    if (url.scheme() != "smtp" && url.scheme() != "smtps")
        return "it starts with maildir:, smtp:// or smtps://";
    SmtpTarget target;
    target.implicit_tls = url.scheme() == "smtps";
    target.host = host_of(url);
    if (target.host.empty()) return "the mail server's host name is missing or not ASCII";
    target.port = url.has_port() ? url.port_number()
                                 : (target.implicit_tls ? submissions_port : submission_port);
    // The number of a port that is too large has been cut to 16 bits.
    if (target.port == 0 || (url.has_port() && url.port() != std::to_string(target.port)))
        return "the mail server's port is not a number from 1 to 65535";
    if ((!url.encoded_path().empty() && url.encoded_path() != "/") || url.has_query() ||
        url.has_fragment())
        return "nothing may follow the mail server's host and port";
    target.user = url.user();
    target.password = url.password();
    if (target.user.empty() != target.password.empty())
        return "a user goes with a password: smtp://user:password@host";
    if (has_control(target.user + target.password))
        return "user or password has control characters";
    return MailTarget(std::move(target));
}

std::string print(const MaildirTarget& target) {
    return std::string(maildir_scheme) + target.path;
}

std::string print(const SmtpTarget& target) {
    const bool bracketed = target.host.find(':') != std::string::npos;
    return std::string(target.implicit_tls ? "smtps://" : "smtp://") +
           (target.user.empty() ? "" : "***@") + (bracketed ? "[" : "") + target.host +
           (bracketed ? "]" : "") + ':' + std::to_string(target.port);
}

} // namespace

Result parse_mail_url(std::string_view text) {
    if (text.starts_with(maildir_scheme)) return parse_maildir(text.substr(maildir_scheme.size()));
    return parse_smtp(text);
}

std::string redacted(const MailTarget& target) {
    return std::visit([](const auto& t) { return print(t); }, target);
}

} // namespace mfad::mail
