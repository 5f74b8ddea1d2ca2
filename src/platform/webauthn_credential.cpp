#include "json_members.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/webauthn_json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

namespace mfad::platform {
namespace {

namespace json = boost::json;

constexpr std::size_t max_depth = 16; // extension results may be of any form
constexpr std::size_t max_transports = 8;
constexpr std::size_t max_transport_bytes = 32;

using Fault = std::optional<WebauthnFault>;

/// A base64url member, and what becomes of it.
struct Binary {
    std::string_view name;
    std::string* bytes;
};

Fault read_binary(const json::object& object, const Binary& member) {
    const auto* const value = object.if_contains(member.name);
    const auto* const text = value ? value->if_string() : nullptr;
    if (!text) return WebauthnFault::json;
    auto bytes = from_base64url(*text);
    if (!bytes) return WebauthnFault::encoding;
    *member.bytes = *std::move(bytes);
    return std::nullopt;
}

/// The whole document; the pass before it sees duplicate members, of which Boost.JSON keeps one.
boost::system::result<json::value, WebauthnFault> read_document(std::string_view text) {
    if (text.size() > max_credential_json_bytes) return WebauthnFault::too_big;
    if (!JsonMembers::read(text, max_depth)) return WebauthnFault::json;
    json::error_code error;
    auto document = json::parse(text, error, {}, {.max_depth = max_depth});
    if (error || !document.is_object()) return WebauthnFault::json;
    return document;
}

/// `id`, `rawId` and `type`, which both ceremonies share.
Fault read_frame(const json::object& credential, std::string& id) {
    const auto* const type = credential.if_contains("type");
    if (!type || !type->is_string()) return WebauthnFault::json;
    if (type->get_string() != "public-key") return WebauthnFault::credential_type;
    std::string raw_id;
    for (const Binary& member : {Binary{"id", &id}, Binary{"rawId", &raw_id}})
        if (const auto fault = read_binary(credential, member)) return fault;
    if (id != raw_id) return WebauthnFault::id_raw_id_differ; // each has one spelling only
    if (id.empty() || id.size() > WebauthnCaps::credential_id)
        return WebauthnFault::credential_id_size;
    return std::nullopt;
}

Fault read_response(const json::object& credential, std::span<const Binary> members) {
    const auto* const value = credential.if_contains("response");
    const auto* const response = value ? value->if_object() : nullptr;
    if (!response) return WebauthnFault::json;
    for (const auto& member : members)
        if (const auto fault = read_binary(*response, member)) return fault;
    return std::nullopt;
}

bool is_transport(std::string_view name) {
    return !name.empty() && name.size() <= max_transport_bytes &&
           std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
           });
}

std::vector<std::string> read_transports(const json::object& response) {
    std::vector<std::string> names;
    const auto* const value = response.if_contains("transports");
    const auto* const list = value ? value->if_array() : nullptr;
    if (!list) return names;
    for (const auto& element : *list) {
        const auto* const name = element.if_string();
        if (name && is_transport(*name) && names.size() < max_transports) names.emplace_back(*name);
    }
    return names;
}

Fault read_user_handle(const json::object& response, std::optional<std::string>& handle) {
    const auto* const value = response.if_contains("userHandle");
    if (!value || value->is_null()) return std::nullopt;
    return read_binary(response, {"userHandle", &handle.emplace()});
}

} // namespace

boost::system::result<RegistrationCredential, WebauthnFault> parse_registration_credential(
    std::string_view text) {
    const auto document = read_document(text);
    if (!document) return document.error();
    const auto& object = document->get_object();
    RegistrationCredential credential;
    if (const auto fault = read_frame(object, credential.id)) return *fault;
    const std::array members{
        Binary{"clientDataJSON", &credential.client_data_json},
        Binary{"attestationObject", &credential.attestation_object}};
    if (const auto fault = read_response(object, members)) return *fault;
    credential.transports = read_transports(object.at("response").get_object());
    return credential;
}

boost::system::result<AssertionCredential, WebauthnFault> parse_assertion_credential(
    std::string_view text) {
    const auto document = read_document(text);
    if (!document) return document.error();
    const auto& object = document->get_object();
    AssertionCredential credential;
    if (const auto fault = read_frame(object, credential.id)) return *fault;
    const std::array members{
        Binary{"clientDataJSON", &credential.client_data_json},
        Binary{"authenticatorData", &credential.authenticator_data},
        Binary{"signature", &credential.signature}};
    if (const auto fault = read_response(object, members)) return *fault;
    if (const auto fault =
            read_user_handle(object.at("response").get_object(), credential.user_handle))
        return *fault;
    return credential;
}

} // namespace mfad::platform
