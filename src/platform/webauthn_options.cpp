#include "mfad/platform/encoding.hpp"
#include "mfad/platform/json_text.hpp"
#include "mfad/platform/webauthn_json.hpp"

namespace mfad::platform {
namespace {

constexpr std::string_view public_key = "public-key";

std::string_view name(UserVerification value) {
    switch (value) {
    case UserVerification::preferred: return "preferred";
    case UserVerification::discouraged: return "discouraged";
    case UserVerification::required: break;
    }
    return "required";
}

std::string_view name(ResidentKey value) {
    switch (value) {
    case ResidentKey::preferred: return "preferred";
    case ResidentKey::discouraged: return "discouraged";
    case ResidentKey::required: break;
    }
    return "required";
}

std::string_view name(AttestationConveyance value) {
    switch (value) {
    case AttestationConveyance::indirect: return "indirect";
    case AttestationConveyance::direct: return "direct";
    case AttestationConveyance::enterprise: return "enterprise";
    case AttestationConveyance::none: break;
    }
    return "none";
}

void write_descriptors(
    JsonText& out, std::string_view member, std::span<const CredentialDescriptor> descriptors) {
    out.key(member).begin_array();
    for (const auto& descriptor : descriptors) {
        out.begin_object().member("type", public_key).member("id", base64url(descriptor.id));
        if (!descriptor.transports.empty()) {
            out.key("transports").begin_array();
            for (const auto& transport : descriptor.transports)
                out.value(transport);
            out.end_array();
        }
        out.end_object();
    }
    out.end_array();
}

void write_parties(JsonText& out, const CreationOptions& options) {
    out.key("rp").begin_object();
    out.member("id", options.rp_id).member("name", options.rp_name).end_object();
    out.key("user").begin_object().member("id", base64url(options.user_id));
    out.member("name", options.user_name).member("displayName", options.user_display_name);
    out.end_object();
}

void write_algs(JsonText& out, std::span<const CoseAlg> algs) {
    out.key("pubKeyCredParams").begin_array();
    for (const auto alg : algs)
        out.begin_object()
            .member("type", public_key)
            .member("alg", static_cast<std::int32_t>(alg))
            .end_object();
    out.end_array();
}

} // namespace

std::string creation_options_json(const CreationOptions& options) {
    JsonText out;
    out.begin_object().member("challenge", base64url(options.challenge));
    write_parties(out, options);
    write_algs(out, options.algs);
    out.member("timeout", options.timeout.count());
    write_descriptors(out, "excludeCredentials", options.exclude);
    out.key("authenticatorSelection").begin_object();
    out.member("residentKey", name(options.resident_key));
    // What Level 1 knew instead of residentKey, for browsers that know no other.
    out.member("requireResidentKey", options.resident_key == ResidentKey::required);
    out.member("userVerification", name(options.user_verification)).end_object();
    out.member("attestation", name(options.attestation)).end_object();
    return std::move(out).str();
}

std::string request_options_json(const RequestOptions& options) {
    JsonText out;
    out.begin_object().member("challenge", base64url(options.challenge));
    out.member("timeout", options.timeout.count()).member("rpId", options.rp_id);
    write_descriptors(out, "allowCredentials", options.allow);
    out.member("userVerification", name(options.user_verification)).end_object();
    return std::move(out).str();
}

} // namespace mfad::platform
