#include "import_passkeys_line.hpp"

#include "import_fields.hpp"

#include "mfad/platform/cose_key.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/service/passkeys.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace mfad::service {
namespace {

namespace json = boost::json;
using platform::WebauthnCaps;
using Code = domain::Refusal::Code;

constexpr std::size_t aaguid_size = 16;
constexpr std::size_t max_rp_id = 253;
constexpr std::size_t max_transports = 8;
constexpr std::size_t max_transport = 32;
constexpr std::int64_t max_count = 0xFFFFFFFF;

std::string read_bytes(FieldReader& in, std::string_view name, std::size_t min, std::size_t max) {
    auto bytes = platform::from_base64url(in.text(name));
    if (bytes && bytes->size() >= min && bytes->size() <= max) return std::move(*bytes);
    in.invalid(
        name,
        "must be " + std::to_string(min) + " to " + std::to_string(max) + " bytes in base64url");
    return {};
}

std::vector<std::string> read_transports(FieldReader& in) {
    std::vector<std::string> transports;
    const json::array* names = in.maybe_array("transports");
    for (std::size_t i = 0; names != nullptr && i < names->size(); ++i) {
        const json::string* text = (*names)[i].if_string();
        const bool fits = text != nullptr && !text->empty() && text->size() <= max_transport;
        if (!fits || transports.size() == max_transports) {
            in.invalid("transports", "must be at most 8 names such as internal or usb");
            break;
        }
        transports.emplace_back(text->data(), text->size());
    }
    return transports;
}

platform::Attestation read_attestation(FieldReader& in) {
    const auto name = in.maybe_text("attestation");
    if (!name) return platform::Attestation::none;
    const auto attestation = attestation_named(*name);
    if (!attestation) in.invalid("attestation", "must be none, self, basic or trusted");
    return attestation.value_or(platform::Attestation::none);
}

ImportedPasskey read_passkey(FieldReader& in) {
    static constexpr std::string_view known[] = {
        "credential_id", "public_key", "user_handle", "rp_id",          "aaguid",
        "transports",    "label",      "created_at",  "last_used_at",   "sign_count",
        "backed_up",     "strong",     "attestation", "backup_eligible"};
    in.refuse_others(known);
    ImportedPasskey line;
    Passkey& passkey = line.passkey;
    passkey.credential_id = read_bytes(in, "credential_id", 1, WebauthnCaps::credential_id);
    passkey.public_key = read_bytes(in, "public_key", 1, WebauthnCaps::attestation_object);
    if (!in.failed() && !platform::CoseKey::parse(passkey.public_key))
        in.invalid("public_key", "must be a COSE key of an algorithm that is served here");
    passkey.user_handle = read_bytes(in, "user_handle", 1, WebauthnCaps::user_handle);
    passkey.rp_id = in.text("rp_id");
    if (passkey.rp_id.empty() || passkey.rp_id.size() > max_rp_id)
        in.invalid("rp_id", "must be a domain");
    passkey.aaguid = std::string(aaguid_size, '\0');
    if (in.has("aaguid")) passkey.aaguid = read_bytes(in, "aaguid", aaguid_size, aaguid_size);
    passkey.transports = read_transports(in);
    passkey.label = in.maybe_text("label").value_or("");
    if (passkey.label.size() > Passkeys::max_label)
        in.invalid("label", "must have at most 64 bytes");
    passkey.created = read_time(in, "created_at").value_or(platform::wall_now());
    passkey.last_used = read_time(in, "last_used_at");
    passkey.sign_count =
        static_cast<std::uint32_t>(in.maybe_integer("sign_count", 0, max_count).value_or(0));
    passkey.backup_eligible = in.maybe_flag("backup_eligible").value_or(false);
    passkey.backed_up = in.maybe_flag("backed_up").value_or(false);
    if (passkey.backed_up && !passkey.backup_eligible)
        in.invalid("backed_up", "takes backup_eligible");
    passkey.attestation = read_attestation(in);
    line.strong = in.maybe_flag("strong");
    return line;
}

} // namespace

std::string_view to_string(platform::Attestation attestation) {
    switch (attestation) {
    case platform::Attestation::none: break;
    case platform::Attestation::self: return "self";
    case platform::Attestation::basic: return "basic";
    case platform::Attestation::trusted: return "trusted";
    }
    return "none";
}

std::optional<platform::Attestation> attestation_named(std::string_view name) {
    using platform::Attestation;
    for (const Attestation attestation :
         {Attestation::none, Attestation::self, Attestation::basic, Attestation::trusted})
        if (to_string(attestation) == name) return attestation;
    return std::nullopt;
}

std::vector<ImportedPasskey> read_passkeys(FieldReader& in) {
    std::vector<ImportedPasskey> passkeys;
    const json::array* entries = in.maybe_array("passkeys");
    if (entries == nullptr) return passkeys;
    if (entries->empty() || entries->size() > Passkeys::most)
        in.invalid("passkeys", "must be 1 to " + std::to_string(Passkeys::most));
    for (std::size_t i = 0; i < entries->size() && !in.failed(); ++i) {
        const std::string path = in.path("passkeys[" + std::to_string(i) + "]");
        const json::object* object = (*entries)[i].if_object();
        if (object == nullptr) {
            in.adopt(domain::refuse(Code::wrong_type, path, "must be an object"));
            break;
        }
        FieldReader part(*object, path);
        ImportedPasskey passkey = read_passkey(part);
        for (const ImportedPasskey& other : passkeys)
            if (other.passkey.credential_id == passkey.passkey.credential_id)
                part.invalid("credential_id", "is there twice");
        in.adopt(part.failed());
        passkeys.push_back(std::move(passkey));
    }
    return passkeys;
}

} // namespace mfad::service
