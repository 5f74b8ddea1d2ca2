#include "mfad/http/client_address.hpp"

#include "mfad/http/ascii.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::http {
namespace {

using platform::IpAddress;

constexpr std::size_t most_port_digits = 5;

/// `:80`, or RFC 7239's `:_hidden`; nothing is one, too.
bool is_port(std::string_view text) {
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    if (text.starts_with('_')) return ascii::is_token(text);
    return !text.empty() && text.size() <= most_port_digits &&
           std::all_of(text.begin(), text.end(), ascii::is_digit);
}

/// RFC 7239 section 6, and an IPv6 address without brackets, as X-Forwarded-For has it.
std::optional<IpAddress> node_address(std::string_view node) {
    if (node.starts_with('[')) {
        const std::size_t end = node.find(']');
        if (end == std::string_view::npos || !is_port(node.substr(end + 1))) return std::nullopt;
        const std::string_view inside = node.substr(1, end - 1);
        if (inside.find(':') == std::string_view::npos) return std::nullopt;
        return IpAddress::parse(inside);
    }
    if (const std::optional<IpAddress> address = IpAddress::parse(node)) return address;
    const std::size_t colon = node.find(':');
    if (colon == std::string_view::npos || !is_port(node.substr(colon))) return std::nullopt;
    return IpAddress::parse(node.substr(0, colon));
}

/// Whether the byte at `at` follows an odd number of backslashes.
bool is_escaped(std::string_view text, std::size_t at) {
    std::size_t begin = at;
    while (begin > 0 && text[begin - 1] == '\\')
        --begin;
    return (at - begin) % 2 == 1;
}

/// The last comma that is in no quoted string. Looked for from the right: what a trusted proxy has
/// added is well-formed, and a quotation mark that the client left open before it is not to
/// swallow it.
std::size_t last_comma(std::string_view text) {
    bool quoted = false;
    for (std::size_t i = text.size(); i-- > 0;) {
        if (text[i] == '"' && !(quoted && is_escaped(text, i))) quoted = !quoted;
        if (text[i] == ',' && !quoted) return i;
    }
    return std::string_view::npos;
}

/// The elements of a field that is a list, from the right.
class Elements {
public:
    Elements(std::span<const Header> headers, std::string_view name)
        : headers_(headers), name_(name) {}

    /// Nothing when there are no more.
    std::optional<std::string_view> next() {
        while (!line_) {
            if (headers_.empty()) return std::nullopt;
            const Header& header = headers_.back();
            headers_ = headers_.first(headers_.size() - 1);
            if (ascii::equal_ignoring_case(header.name, name_)) line_ = header.value;
        }
        const std::size_t comma = last_comma(*line_);
        if (comma == std::string_view::npos) return ascii::trim(*std::exchange(line_, {}));
        const std::string_view element = line_->substr(comma + 1);
        line_ = line_->substr(0, comma);
        return ascii::trim(element);
    }

private:
    std::span<const Header> headers_; ///< whose lines are still to be read
    std::string_view name_;
    std::optional<std::string_view> line_; ///< what is left of one
};

/// One element of `Forwarded`, pair by pair (RFC 7239 section 4).
class ForwardedElement {
public:
    explicit ForwardedElement(std::string_view text) : rest_(ascii::trim(text)) {}

    /// The address of its `for`; nothing when it has none, or more than one, or is malformed.
    std::optional<IpAddress> client() {
        std::optional<IpAddress> address;
        bool told = false;
        while (!rest_.empty()) {
            if (skip(';')) continue;
            const std::string_view name = rest_.substr(0, rest_.find('='));
            rest_.remove_prefix(name.size());
            if (!ascii::is_token(name) || !skip('=') || !take_value()) return std::nullopt;
            if (!ascii::equal_ignoring_case(name, "for")) continue;
            if (std::exchange(told, true)) return std::nullopt;
            address = node_address(value_);
        }
        return address;
    }

private:
    bool skip(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_ = ascii::trim(rest_.substr(1));
        return true;
    }

    /// A value, and the semicolon or the end that has to follow it.
    bool take_value() {
        value_.clear();
        if (!skip_quote()) {
            const std::string_view token = rest_.substr(0, rest_.find(';'));
            rest_.remove_prefix(token.size());
            value_ = ascii::trim(token);
            return value_.find('"') == std::string::npos;
        }
        while (!rest_.empty() && rest_.front() != '"') {
            if (rest_.front() == '\\') rest_.remove_prefix(1);
            if (rest_.empty()) return false;
            value_.push_back(rest_.front());
            rest_.remove_prefix(1);
        }
        return skip('"') && (rest_.empty() || rest_.front() == ';');
    }

    bool skip_quote() {
        if (!rest_.starts_with('"')) return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::string_view rest_;
    std::string value_; ///< without quotation marks and backslashes
};

std::optional<IpAddress> address_in(std::string_view element, ForwardedField field) {
    if (field == ForwardedField::forwarded) return ForwardedElement(element).client();
    return node_address(element);
}

} // namespace

bool TrustedProxies::trusts(const IpAddress& address) const {
    return std::ranges::any_of(
        networks_, [&](const platform::Network& network) { return network.contains(address); });
}

IpAddress TrustedProxies::client_of(std::span<const Header> headers, const IpAddress& peer) const {
    IpAddress client = peer;
    if (field_ == ForwardedField::none) return client;
    const bool standard = field_ == ForwardedField::forwarded;
    Elements elements(headers, standard ? "Forwarded" : "X-Forwarded-For");
    for (std::size_t hops = 0; hops < max_hops && trusts(client); ++hops) {
        const std::optional<std::string_view> element = elements.next();
        if (!element) break;
        if (element->empty()) continue; // RFC 9110 section 5.6.1.2
        const std::optional<IpAddress> address = address_in(*element, field_);
        if (!address) break;
        client = *address;
    }
    return client;
}

} // namespace mfad::http
