#include "webauthn_client_data.hpp"

#include "json_members.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/utf8.hpp"

#include <algorithm>

namespace mfad::platform {
namespace {

constexpr std::size_t max_depth = 8; // members that are not known yet may be of any form
constexpr std::size_t min_challenge_bytes = 16;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool contains(const std::vector<std::string>& list, std::string_view text) {
    return std::ranges::find(list, text) != list.end();
}

/// Texts are compared, not bytes: a challenge has one spelling.
bool is_challenge(const JsonMembers& members, const std::string& issued) {
    const auto text = members.text("challenge");
    return text && issued.size() >= min_challenge_bytes &&
           equal_in_constant_time(*text, base64url(issued));
}

std::optional<WebauthnFault> check_embedding(
    const JsonMembers& members, const CeremonyExpectations& expected) {
    const auto* const cross = members.find("crossOrigin");
    if (cross && cross->kind != JsonMembers::Kind::flag) return WebauthnFault::client_data_json;
    const bool has_top = members.find("topOrigin") != nullptr;
    const bool embedded = has_top || (cross && cross->flag);
    if (embedded && !expected.cross_origin_allowed) return WebauthnFault::cross_origin_not_allowed;
    if (!has_top) return std::nullopt;
    const auto top = members.text("topOrigin");
    if (!top || !contains(expected.top_origins, *top)) return WebauthnFault::top_origin_mismatch;
    return std::nullopt;
}

} // namespace

std::optional<WebauthnFault> check_client_data(
    std::string_view json, std::string_view type, const CeremonyExpectations& expected) {
    if (json.starts_with(byte_order_mark)) json.remove_prefix(byte_order_mark.size());
    if (!is_utf8(json)) return WebauthnFault::client_data_utf8;
    const auto members = JsonMembers::read(json, max_depth);
    if (!members) return WebauthnFault::client_data_json;
    if (members->text("type") != type) return WebauthnFault::type_mismatch;
    if (!is_challenge(*members, expected.challenge)) return WebauthnFault::challenge_mismatch;
    const auto origin = members->text("origin");
    if (!origin || !contains(expected.origins, *origin)) return WebauthnFault::origin_mismatch;
    return check_embedding(*members, expected);
}

} // namespace mfad::platform
