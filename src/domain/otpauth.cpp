#include "mfad/domain/otpauth.hpp"

#include "mfad/platform/concat.hpp"
#include "mfad/platform/encoding.hpp"
#include "otpauth_label.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/grammar/ci_string.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace mfad::domain {
namespace {

namespace urls = boost::urls;
using Code = Refusal::Code;

constexpr std::size_t longest_uri = 2048;
constexpr std::array<std::string_view, 5> parameter_names{
    "secret", "issuer", "algorithm", "digits", "period"};

std::string escaped(std::string_view text) {
    return urls::encode(text, urls::unreserved_chars + '@');
}

std::string label_of(const OtpauthEntry& entry) {
    if (entry.issuer.empty()) return escaped(entry.account);
    std::string issuer = entry.issuer;
    std::ranges::replace(issuer, ':', ' ');
    return platform::concat(escaped(issuer), ":", escaped(entry.account));
}

/// The values of the parameters that count, decoded.
class Parameters {
public:
    /// False for a parameter that comes twice.
    bool read(const urls::url_view& uri) {
        for (const auto& parameter : uri.encoded_params()) {
            const auto name = std::ranges::find(parameter_names, parameter.key.decode());
            if (name == parameter_names.end()) continue;
            auto& value = values_.at(static_cast<std::size_t>(name - parameter_names.begin()));
            if (value) return false;
            value = platform::Secret::take(parameter.value.decode());
        }
        return true;
    }

    std::optional<std::string_view> operator[](std::string_view name) const {
        const auto at = std::ranges::find(parameter_names, name) - parameter_names.begin();
        const auto& value = values_.at(static_cast<std::size_t>(at));
        if (!value) return std::nullopt;
        return value->reveal();
    }

private:
    std::array<std::optional<platform::Secret>, parameter_names.size()> values_;
};

/// A number without a sign or leading zeros; 0, which no parameter may be, for anything else.
std::uint32_t number(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.starts_with('0')) return 0;
    return value;
}

Result<TotpParameters> read_parameters(const Parameters& given) {
    TotpParameters parameters;
    if (const auto name = given["algorithm"]) {
        const auto algorithm = totp_algorithm(*name);
        if (!algorithm) return refuse(Code::invalid, "algorithm", "must be SHA1, SHA256 or SHA512");
        parameters.algorithm = *algorithm;
    }
    if (const auto digits = given["digits"]) parameters.digits = number(*digits);
    if (!is_valid(parameters)) return refuse(Code::invalid, "digits", "must be 6 or 8");
    if (const auto period = given["period"]) parameters.period = number(*period);
    if (!is_valid(parameters))
        return refuse(Code::invalid, "period", "must be between 15 and 120 seconds");
    return parameters;
}

Result<platform::Secret> read_secret(std::optional<std::string_view> text) {
    if (!text) return refuse(Code::missing, "secret", "must be there");
    auto bytes = platform::from_typed_base32(*text);
    if (!bytes) return refuse(Code::invalid, "secret", "must be base32");
    auto secret = platform::Secret::take(*std::move(bytes));
    const std::size_t size = secret.reveal().size();
    if (size < min_totp_secret_bytes || size > max_totp_secret_bytes)
        return refuse(Code::invalid, "secret", "must have 80 to 1024 bits");
    return secret;
}

/// A URI of the scheme with nothing in it that the format does not know.
bool is_plain(const urls::url_view& uri) {
    return uri.has_authority() && !uri.has_userinfo() && !uri.has_port() && !uri.has_fragment() &&
           urls::grammar::ci_is_equal(uri.scheme(), "otpauth");
}

Result<OtpauthLabel> read_label(const urls::url_view& uri) {
    std::string text = uri.encoded_path().decode();
    if (text.starts_with('/')) text.erase(0, 1);
    OtpauthLabel label = split_label(text);
    if (label.account.empty()) return refuse(Code::invalid, "label", "must name an account");
    if (!is_otpauth_name(label.issuer) || !is_otpauth_name(label.account))
        return refuse(Code::invalid, "label", "must be text of up to 256 bytes");
    return label;
}

} // namespace

platform::Secret otpauth_uri(const OtpauthEntry& entry) {
    const auto& parameters = entry.key.parameters;
    const auto secret = platform::Secret::take(platform::base32(entry.key.secret.reveal()));
    return platform::Secret::take(platform::concat(
        "otpauth://totp/", label_of(entry), "?secret=", secret.reveal(),
        entry.issuer.empty() ? "" : "&issuer=", escaped(entry.issuer), "&algorithm=",
        to_string(parameters.algorithm), "&digits=", std::to_string(parameters.digits),
        "&period=", std::to_string(parameters.period)));
}

Result<OtpauthEntry> parse_otpauth(std::string_view text) {
    const auto uri = urls::parse_uri(text.substr(0, longest_uri + 1));
    if (text.size() > longest_uri || !uri || !is_plain(*uri))
        return refuse(Code::invalid, "uri", "must be an otpauth URI of up to 2 KiB");
    if (!urls::grammar::ci_is_equal(uri->encoded_host(), "totp"))
        return refuse(Code::invalid, "type", "must be totp");
    auto label = read_label(*uri);
    if (!label) return label.error();
    Parameters given;
    if (!given.read(*uri)) return refuse(Code::invalid, "uri", "must name no parameter twice");
    if (const auto issuer = given["issuer"]; issuer && !issuer->empty()) label->issuer = *issuer;
    if (!is_otpauth_name(label->issuer))
        return refuse(Code::invalid, "issuer", "must be text of up to 256 bytes");
    auto secret = read_secret(given["secret"]);
    if (!secret) return secret.error();
    const auto parameters = read_parameters(given);
    if (!parameters) return parameters.error();
    return OtpauthEntry{
        std::move(label->issuer), std::move(label->account), {*std::move(secret), *parameters}};
}

} // namespace mfad::domain
