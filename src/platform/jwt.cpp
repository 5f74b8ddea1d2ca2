#include "mfad/platform/jwt.hpp"

#include "json_members.hpp"
#include "mfad/platform/encoding.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace mfad::platform {
namespace {

constexpr std::size_t max_token_bytes = 8 * 1024;
constexpr std::size_t max_header_bytes = 1024;
constexpr std::size_t max_depth = 4;
constexpr std::chrono::seconds max_leeway{60};

constexpr std::array<std::string_view, 17> error_names{
    "too_big",     "malformed",     "encoding", "header_json",  "alg",           "crit",
    "unknown_kid", "signature",     "typ",      "payload_json", "claim_missing", "claim_type",
    "expired",     "not_yet_valid", "lifetime", "issuer",       "audience"};

/// The three parts of a compact JWS as they stand in the token.
struct Sections {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
};

std::optional<Sections> split(std::string_view token) {
    const std::size_t first = token.find('.');
    if (first == std::string_view::npos) return std::nullopt;
    const std::size_t second = token.find('.', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    if (token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
    return Sections{
        token.substr(0, first), token.substr(first + 1, second - first - 1),
        token.substr(second + 1)};
}

/// A header member that may be absent, but must be a string where it stands.
bool is_text_or_absent(const JsonMembers& members, std::string_view name) {
    return members.text(name) || !members.find(name);
}

/// RFC 7515 section 4.1.9: case does not matter, and `application/` may be left out.
bool is_token_type(std::string_view typ) {
    std::string lower(typ);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    constexpr std::string_view prefix = "application/";
    if (lower.starts_with(prefix)) lower.erase(0, prefix.size());
    return lower == "jwt" || lower == "at+jwt";
}

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

using Claims = JsonMembers;

std::optional<JwtError> check_present(const Claims& claims, const ClaimRules& rules) {
    for (const auto name :
         {std::string_view("iss"), std::string_view("exp"), std::string_view("iat"),
          rules.audience_claim, rules.subject_claim})
        if (!name.empty() && !claims.find(name)) return JwtError::claim_missing;
    return std::nullopt;
}

/// A NumericDate: seconds since 1970, perhaps with a fraction (RFC 7519 section 2).
bool is_date(const Claims& claims, std::string_view name) {
    const auto* const member = claims.find(name);
    return member->kind == Claims::Kind::number && std::isfinite(member->number);
}

std::optional<JwtError> check_types(const Claims& claims, const ClaimRules& rules) {
    if (!claims.text("iss")) return JwtError::claim_type;
    const auto audiences = claims.texts(rules.audience_claim);
    if (!audiences || audiences->size() > JwtParts::max_texts) return JwtError::claim_type;
    if (!rules.subject_claim.empty()) {
        const auto subject = claims.text(rules.subject_claim);
        if (!subject || subject->empty() || has_control_character(*subject))
            return JwtError::claim_type;
    }
    if (!is_date(claims, "exp") || !is_date(claims, "iat")) return JwtError::claim_type;
    if (claims.find("nbf") && !is_date(claims, "nbf")) return JwtError::claim_type;
    return std::nullopt;
}

std::optional<JwtError> check_times(const Claims& claims, const ClaimRules& rules) {
    const double now = std::chrono::duration<double>(rules.now.time_since_epoch()).count();
    const double leeway = std::chrono::duration<double>(std::min(rules.leeway, max_leeway)).count();
    const double exp = claims.find("exp")->number;
    const double iat = claims.find("iat")->number;
    const auto* const nbf = claims.find("nbf");
    if (now >= exp + leeway) return JwtError::expired;
    if (nbf && now < nbf->number - leeway) return JwtError::not_yet_valid;
    if (now < iat - leeway) return JwtError::not_yet_valid;
    if (exp - iat > std::chrono::duration<double>(rules.max_lifetime).count())
        return JwtError::lifetime;
    return std::nullopt;
}

std::optional<JwtError> check_parties(const Claims& claims, const ClaimRules& rules) {
    // Rules that name no issuer are a slip of ours, and no reason to believe a token that names
    // none.
    if (rules.issuer.empty() || claims.text("iss") != rules.issuer) return JwtError::issuer;
    const auto named = *claims.texts(rules.audience_claim);
    const bool meant = std::ranges::find_first_of(named, rules.audiences) != named.end();
    if (!meant) return JwtError::audience;
    return std::nullopt;
}

} // namespace

struct JwtParts::Content {
    JsonMembers header;
    JwtAlg alg{};
    std::optional<JsonMembers> payload;
    std::string_view signing_input;
    std::string signature;
};

JwtParts::JwtParts(std::unique_ptr<const Content> content) : content_(std::move(content)) {}
JwtParts::JwtParts(JwtParts&&) noexcept = default;
JwtParts& JwtParts::operator=(JwtParts&&) noexcept = default;
JwtParts::~JwtParts() = default;

std::string_view to_string(JwtError error) {
    return error_names[static_cast<std::size_t>(error)];
}

boost::system::result<JwtParts, JwtError> parse_jwt(std::string_view token) {
    if (token.size() > max_token_bytes) return JwtError::too_big;
    const auto sections = split(token);
    if (!sections) return JwtError::malformed;
    const auto header = from_base64url(sections->header);
    const auto payload = from_base64url(sections->payload);
    auto signature = from_base64url(sections->signature);
    if (!header || !payload || !signature) return JwtError::encoding;

    auto members = JsonMembers::read(*header, max_depth);
    if (!members || !is_text_or_absent(*members, "kid") || !is_text_or_absent(*members, "typ"))
        return JwtError::header_json;
    const auto alg = jwt_alg(members->text("alg").value_or(""));
    if (!alg) return JwtError::alg;
    // `b64` (RFC 7797) is only allowed together with `crit`: without it, it is a trap for those who
    // heed it.
    if (members->find("crit") || members->find("b64")) return JwtError::crit;
    if (members->text("kid").value_or("").size() > JwtKey::max_kid_bytes)
        return JwtError::unknown_kid;
    // Behind the kid, whose excess has a name of its own; what has been done so far is bounded by
    // the token's size.
    if (header->size() > max_header_bytes) return JwtError::header_json;

    auto content = std::make_unique<JwtParts::Content>();
    content->header = *std::move(members);
    content->alg = *alg;
    content->payload = JsonMembers::read(*payload, max_depth);
    content->signing_input = token.substr(0, token.size() - sections->signature.size() - 1);
    content->signature = *std::move(signature);
    return JwtParts(std::move(content));
}

JwtAlg JwtParts::alg() const {
    return content_->alg;
}

std::string_view JwtParts::kid() const {
    return content_->header.text("kid").value_or("");
}

std::optional<std::string_view> JwtParts::typ() const {
    return content_->header.text("typ");
}

bool JwtParts::has_claims() const {
    return content_->payload.has_value();
}

std::optional<std::string_view> JwtParts::text(std::string_view claim) const {
    return content_->payload ? content_->payload->text(claim) : std::nullopt;
}

std::vector<std::string_view> JwtParts::texts(std::string_view claim) const {
    auto list = content_->payload ? content_->payload->texts(claim) : std::nullopt;
    if (!list || list->size() > max_texts) return {};
    return *std::move(list);
}

std::optional<JwtError> verify_signature(const JwtParts& parts, const JwtKey& key) {
    if (key.alg() != parts.alg()) return JwtError::alg;
    if (!key.verifies(parts.content_->signing_input, parts.content_->signature))
        return JwtError::signature;
    return std::nullopt;
}

std::optional<JwtError> check_claims(const JwtParts& parts, const ClaimRules& rules) {
    if (const auto typ = parts.typ(); typ && !is_token_type(*typ)) return JwtError::typ;
    if (!parts.has_claims()) return JwtError::payload_json;
    const auto& claims = *parts.content_->payload;
    for (const auto check : {check_present, check_types, check_times, check_parties})
        if (const auto error = check(claims, rules)) return error;
    return std::nullopt;
}

} // namespace mfad::platform
