#include "mfad/platform/relying_party.hpp"

#include "mfad/platform/concat.hpp"
#include "mfad/platform/encoding.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <libpsl.h>

#include <algorithm>
#include <optional>

namespace mfad::platform {
namespace {

constexpr std::size_t max_name_bytes = 253;
constexpr std::size_t max_label_bytes = 63;
constexpr std::string_view android_prefix = "android:apk-key-hash:";
constexpr std::size_t apk_key_hash_bytes = 32;

bool is_label(std::string_view label) {
    return !label.empty() && label.size() <= max_label_bytes && label.front() != '-' &&
           label.back() != '-' && std::ranges::all_of(label, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
           });
}

bool is_host_name(std::string_view name) {
    if (name.size() > max_name_bytes) return false;
    for (std::size_t dot = 0; (dot = name.find('.')) != std::string_view::npos;) {
        if (!is_label(name.substr(0, dot))) return false;
        name.remove_prefix(dot + 1);
    }
    return is_label(name);
}

/// What browsers read as an IPv4 address (URL standard, "ends in a number"), and IPv6 in any form.
bool is_address(std::string_view name) {
    if (name.find(':') != std::string_view::npos) return true;
    if (name.ends_with('.')) name.remove_suffix(1);
    const auto last = name.substr(name.rfind('.') + 1); // npos + 1 is 0
    const auto digits = last.starts_with("0x") ? last.substr(2) : last;
    const std::string_view alphabet = last.starts_with("0x") ? "0123456789abcdef" : "0123456789";
    return !last.empty() && digits.find_first_not_of(alphabet) == std::string_view::npos;
}

/// One that stands in the list; a name of one label that does not (`localhost`) is none.
bool is_public_suffix(const std::string& name) {
    return psl_is_public_suffix2(
               psl_builtin(), name.c_str(), PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) == 1;
}

bool may_use(const std::string& host, const std::string& rp_id) {
    return host == rp_id ||
           psl_is_cookie_domain_acceptable(psl_builtin(), host.c_str(), rp_id.c_str()) == 1;
}

std::optional<RpRule> rp_id_fault(const std::string& rp_id) {
    if (is_address(rp_id)) return RpRule::rp_id_address;
    if (!is_host_name(rp_id)) return RpRule::rp_id_form;
    if (is_public_suffix(rp_id)) return RpRule::rp_id_public_suffix;
    return std::nullopt;
}

bool is_android_origin(std::string_view origin) {
    const auto hash = from_base64url(origin.substr(android_prefix.size()));
    return hash && hash->size() == apk_key_hash_bytes;
}

bool is_local(std::string_view host) {
    return host == "localhost" || host.ends_with(".localhost");
}

/// As browsers write it: nothing behind the port, no port that the scheme implies.
bool is_serialized_origin(const boost::urls::url_view& url, std::string_view text) {
    std::string written = concat(std::string_view(url.scheme()), "://", url.host());
    const std::string_view port(url.port());
    if (url.has_port()) written.append(":").append(port);
    const bool implied =
        (url.scheme() == "https" && port == "443") || (url.scheme() == "http" && port == "80");
    const bool sound = !url.has_port() || (url.port_number() != 0 && !port.starts_with('0'));
    return written == text && sound && !implied && is_label(url.scheme()) &&
           is_host_name(url.host());
}

std::optional<RpRule> origin_fault(const std::string& origin, const std::string& rp_id) {
    if (origin.starts_with(android_prefix))
        return is_android_origin(origin) ? std::nullopt : std::optional(RpRule::origin_form);
    const auto url = boost::urls::parse_uri(origin);
    if (!url) return RpRule::origin_form;
    const auto host = url->host();
    if (is_address(host)) return RpRule::origin_host;
    if (!is_serialized_origin(*url, origin)) return RpRule::origin_form;
    const bool secure = url->scheme() == "https" || (url->scheme() == "http" && is_local(host));
    if (!secure) return RpRule::origin_scheme;
    if (!may_use(host, rp_id)) return RpRule::origin_host;
    return std::nullopt;
}

std::string_view words(RpRule rule) {
    switch (rule) {
    case RpRule::rp_id_form: return "is not a host name in lower case and A-labels";
    case RpRule::rp_id_address: return "is an address; passkeys need a name";
    case RpRule::rp_id_public_suffix: return "is a public suffix, under which anybody has a name";
    case RpRule::no_origins: return "has no origins to be used on";
    case RpRule::origin_form: return "is not an origin as browsers write it";
    case RpRule::origin_scheme: return "is not https, and not on localhost";
    case RpRule::origin_host: break;
    }
    return "is not on the RP ID's host, nor on one below it";
}

} // namespace

std::string to_string(const RpFault& fault) {
    return concat(fault.subject, " ", words(fault.rule));
}

std::vector<RpFault> lint_rp(std::string_view rp_id, std::span<const std::string> origins) {
    const std::string id(rp_id);
    std::vector<RpFault> faults;
    if (const auto rule = rp_id_fault(id)) faults.push_back({*rule, id});
    if (origins.empty()) faults.push_back({RpRule::no_origins, id});
    for (const auto& origin : origins)
        if (const auto rule = origin_fault(origin, id)) faults.push_back({*rule, origin});
    return faults;
}

} // namespace mfad::platform
