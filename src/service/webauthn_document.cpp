#include "webauthn_document.hpp"

#include "mfad/platform/encoding.hpp"
#include "mfad/platform/relying_party.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <iterator>

namespace mfad::service {
namespace {

namespace json = boost::json;
using domain::RelyingParty;
using platform::ResidentKey;
using platform::UserVerification;

constexpr std::size_t max_origins = 16;
constexpr std::size_t max_aaguids = 256;
constexpr std::size_t max_anchors = 32;
constexpr std::size_t max_name = 64; // bytes

/// One of three words. @return the place of it
std::optional<std::size_t> choice(
    FieldReader& in, std::string_view name, const std::array<std::string_view, 3>& words) {
    const auto word = in.maybe_text(name);
    if (!word) return std::nullopt;
    const auto found = std::ranges::find(words, *word);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    std::string why = "must be one of";
    for (const std::string_view each : words)
        why.append(" ").append(each);
    in.invalid(name, why);
    return std::nullopt;
}

/// Each text of a list, read by `read`, which has nothing for a wrong one.
template <class Read>
std::vector<std::string> list(
    FieldReader& in, std::string_view name, std::size_t most, const char* what, Read read) {
    std::vector<std::string> values;
    const json::array* entries = in.maybe_array(name);
    if (entries == nullptr) return values;
    for (const json::value& entry : *entries) {
        const json::string* text = entry.if_string();
        auto value = text != nullptr ? read(std::string_view(text->data(), text->size()))
                                     : std::optional<std::string>();
        if (!value || entries->size() > most) {
            in.invalid(name, what);
            return {};
        }
        values.push_back(std::move(*value));
    }
    return values;
}

/// `ee882879-721c-4913-9775-3dfcce97072a`: 16 bytes.
std::optional<std::string> aaguid(std::string_view text) {
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen != (text[i] == '-')) return std::nullopt;
        if (!hyphen) digits += text[i];
    }
    auto bytes = platform::from_hex(digits);
    if (!bytes || bytes->size() != 16) return std::nullopt;
    return bytes;
}

/// A certificate in base64, with or without the lines around it that PEM has.
std::optional<std::string> certificate(std::string_view text) {
    constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
    constexpr std::string_view end = "-----END CERTIFICATE-----";
    if (text.starts_with(begin)) {
        const auto close = text.find(end);
        if (close == std::string_view::npos) return std::nullopt;
        text = text.substr(begin.size(), close - begin.size());
    }
    std::string digits;
    std::ranges::copy_if(text, std::back_inserter(digits), [](char c) {
        return c != '\n' && c != '\r' && c != ' ';
    });
    auto der = platform::from_base64(digits);
    if (!der || !platform::is_certificate(*der)) return std::nullopt;
    return der;
}

} // namespace

RelyingParty read_relying_party(FieldReader& in) {
    static constexpr std::string_view known[] = {
        "rp_id",           "name",           "origins",      "attestation",      "trust_anchors",
        "allowed_aaguids", "denied_aaguids", "resident_key", "user_verification"};
    in.refuse_others(known);
    RelyingParty party;
    party.id = in.text("rp_id");
    party.name = in.maybe_text("name").value_or("");
    if (party.name.size() > max_name) in.invalid("name", "must have at most 64 bytes");
    const auto as_it_is = [](std::string_view text) { return std::optional(std::string(text)); };
    party.origins =
        list(in, "origins", max_origins, "must be a list of at most 16 origins", as_it_is);
    if (party.origins.empty()) party.origins.push_back("https://" + party.id);
    if (const auto word = choice(in, "attestation", {"none", "wanted", "trusted"}))
        party.attestation = static_cast<RelyingParty::Attestation>(*word);
    party.trust_anchors = list(
        in, "trust_anchors", max_anchors,
        "must be a list of at most 32 certificates in PEM or base64", certificate);
    constexpr const char* aaguids = "must be a list of at most 256 AAGUIDs in lower-case UUID form";
    party.allowed_aaguids = list(in, "allowed_aaguids", max_aaguids, aaguids, aaguid);
    party.denied_aaguids = list(in, "denied_aaguids", max_aaguids, aaguids, aaguid);
    if (const auto word = choice(in, "user_verification", {"required", "preferred", "discouraged"}))
        party.user_verification = static_cast<UserVerification>(*word);
    if (const auto word = choice(in, "resident_key", {"required", "preferred", "discouraged"}))
        party.resident_key = static_cast<ResidentKey>(*word);
    if (party.attestation == RelyingParty::Attestation::trusted && party.trust_anchors.empty())
        in.invalid("trust_anchors", "must be there for attestation trusted");
    return party;
}

std::optional<domain::Refusal> lint_relying_party(
    const RelyingParty& party, const std::string& path) {
    const auto faults = platform::lint_rp(party.id, party.origins);
    if (faults.empty()) return std::nullopt;
    const bool of_origin = faults.front().rule >= platform::RpRule::no_origins;
    return domain::refuse(
        domain::Refusal::Code::invalid, path + (of_origin ? ".origins" : ".rp_id"),
        "is of no use: " + to_string(faults.front()));
}

} // namespace mfad::service
