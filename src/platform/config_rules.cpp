#include "config_rules.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace mfad::platform::rules {
namespace {

bool one_of_schemes(std::string_view text, std::initializer_list<std::string_view> schemes) {
    return std::any_of(schemes.begin(), schemes.end(), [&](std::string_view scheme) {
        return text.size() > scheme.size() && text.starts_with(scheme);
    });
}

/// The list of what `parse` makes of texts, if it makes something of each.
template <class T>
std::optional<std::vector<T>> read_list(
    const Value& value, std::size_t most, std::optional<T> (*parse)(std::string_view)) {
    const auto* texts = std::get_if<std::vector<std::string>>(&value);
    if (!texts || texts->size() > most) return std::nullopt;
    std::vector<T> list;
    for (const std::string& text : *texts) {
        const std::optional<T> one = parse(text);
        if (!one) return std::nullopt;
        list.push_back(*one);
    }
    return list;
}

template <class T, class Print>
std::string print_list(const std::vector<T>& list, Print print) {
    std::string out = "[";
    for (const T& one : list)
        out.append(out.size() > 1 ? ", " : "").append(in_quotes(print(one)));
    return out + "]";
}

} // namespace

std::optional<std::vector<Rate>> Rates::read(const Value& value) const {
    return read_list<Rate>(value, most, parse_limit);
}

std::string Rates::print(const std::vector<Rate>& rates) const {
    return print_list(rates, [](const Rate& rate) { return to_text(rate); });
}

std::optional<std::vector<Network>> Networks::read(const Value& value) const {
    return read_list<Network>(value, most, Network::parse);
}

std::string Networks::print(const std::vector<Network>& networks) const {
    return print_list(networks, [](const Network& network) { return network.text(); });
}

std::optional<std::optional<Endpoint>> MaybeListen::read(const Value& value) const {
    const auto* text = std::get_if<std::string>(&value);
    if (!text) return std::nullopt;
    if (text->empty()) return std::optional<Endpoint>{};
    const auto endpoint = parse_endpoint(*text);
    if (!endpoint) return std::nullopt;
    return endpoint;
}

std::string SecretUrl::print(const Secret& url) const {
    const std::string_view text = url.reveal();
    const std::size_t authority = text.find("://");
    if (authority == std::string_view::npos) return in_quotes(text);
    const std::string scheme(text.substr(0, authority + 3));
    const std::size_t at = text.rfind('@'); // the last: a password may hold one too
    if (at != std::string_view::npos && at > authority)
        return in_quotes(scheme + "***" + std::string(text.substr(at)));
    // Without a host, what stands in the place of a port may be the password.
    std::string_view host = text.substr(scheme.size());
    host = host.substr(0, host.find('/'));
    const std::string_view port = host.substr(std::min(host.size(), host.rfind(':') + 1));
    const bool plain = host.find(':') == std::string_view::npos || host.ends_with(']') ||
                       std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
    return in_quotes(plain ? std::string(text) : scheme + "***");
}

std::optional<std::string> any_text(std::string_view text) {
    return std::string(text);
}

std::optional<std::string> some_text(std::string_view text) {
    return text.empty() ? std::nullopt : any_text(text);
}

std::optional<std::string> mailbox(std::string_view text) {
    // The mail layer has the grammar; this much catches a value in the wrong place.
    const std::size_t at = text.rfind('@');
    if (at == 0 || at == std::string_view::npos || at + 1 == text.size()) return std::nullopt;
    return any_text(text);
}

std::optional<std::string> web_address(std::string_view text) {
    if (text.empty()) return std::string();
    const auto parsed = boost::urls::parse_uri(text);
    if (!parsed) return std::nullopt;
    const boost::urls::url_view& url = *parsed;
    const auto scheme = url.scheme_id();
    if (scheme != boost::urls::scheme::http && scheme != boost::urls::scheme::https)
        return std::nullopt;
    if (!url.has_authority() || url.host().empty() || url.has_userinfo()) return std::nullopt;
    if (url.has_query() || url.has_fragment()) return std::nullopt;
    // The number of a port that is too large has been cut to 16 bits.
    if (url.has_port() &&
        (url.port_number() == 0 || url.port() != std::to_string(url.port_number())))
        return std::nullopt;
    return std::string(text.substr(0, text.find_last_not_of('/') + 1));
}

bool redis_url(std::string_view text) {
    return text.empty() || one_of_schemes(text, {"unix:///", "redis://"});
}

bool mail_url(std::string_view text) {
    return one_of_schemes(text, {"maildir:", "smtp://", "smtps://"});
}

} // namespace mfad::platform::rules
