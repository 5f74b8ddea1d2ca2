#include "export_factors.hpp"

#include "factor_rules.hpp"
#include "import_passkeys_line.hpp"

#include "mfad/platform/encoding.hpp"
#include "mfad/platform/json_text.hpp"
#include "mfad/platform/packed.hpp"
#include "mfad/service/factors.hpp"
#include "mfad/service/imported_codes.hpp"
#include "mfad/service/passkey.hpp"
#include "mfad/service/recovery_hash.hpp"
#include "mfad/service/recovery_set.hpp"

#include <algorithm>
#include <vector>

namespace mfad::service {

using domain::UserRef;
using platform::JsonText;
using store::FactorStore;

std::span<const std::string> export_fields::names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> fields{
            "s",
            "n",
            "v",
            "t",
            "e",
            "h",
            "l",
            FactorStore::totp,
            FactorStore::totp_step,
            FactorStore::recovery_codes,
            FactorStore::imported_codes,
            failures_field(domain::FactorType::email),
            failures_field(domain::FactorType::totp),
            failures_field(domain::FactorType::recovery_code)};
        fields.insert(fields.end(), FactorStore::passkeys.begin(), FactorStore::passkeys.end());
        return fields;
    }();
    return names;
}

namespace {

void append_failures(JsonText& text, const std::string& field) {
    if (field.empty()) return;
    platform::PackedReader packed(field);
    const unsigned count = std::min<unsigned>(packed.u8(), domain::AttemptBudget::most);
    const auto last = static_cast<std::int64_t>(packed.number());
    text.member("failures", count);
    text.member("failed_at", platform::rfc3339(platform::unix_millis(last)));
}

void append_totp(JsonText& text, const TotpFactor& factor, const std::vector<std::string>& fields) {
    const domain::TotpParameters& parameters = factor.key.parameters;
    text.key("totp").begin_object();
    text.member("secret", platform::base32(factor.key.secret.reveal()));
    text.member("algorithm", to_string(parameters.algorithm));
    text.member("digits", parameters.digits).member("period", parameters.period);
    if (!factor.label.empty()) text.member("label", factor.label);
    text.member("created_at", platform::rfc3339(factor.created)).member("strong", factor.strong);
    const std::string& step = fields[export_fields::totp_step];
    if (!step.empty()) text.key("last_step").raw(step);
    if (factor.drift != 0) text.member("drift", factor.drift);
    append_failures(text, fields[export_fields::totp_failures]);
    text.end_object();
}

void append_passkey(JsonText& text, const Passkey& passkey) {
    text.begin_object();
    text.member("credential_id", platform::base64url(passkey.credential_id));
    text.member("public_key", platform::base64url(passkey.public_key));
    text.member("user_handle", platform::base64url(passkey.user_handle));
    text.member("rp_id", passkey.rp_id).member("aaguid", platform::base64url(passkey.aaguid));
    text.key("transports").begin_array();
    for (const std::string& transport : passkey.transports)
        text.value(transport);
    text.end_array();
    if (!passkey.label.empty()) text.member("label", passkey.label);
    text.member("created_at", platform::rfc3339(passkey.created));
    if (passkey.last_used) text.member("last_used_at", platform::rfc3339(*passkey.last_used));
    text.member("sign_count", passkey.sign_count);
    text.member("backup_eligible", passkey.backup_eligible);
    text.member("backed_up", passkey.backed_up).member("strong", passkey.strong);
    text.member("attestation", to_string(passkey.attestation)).end_object();
}

void append_hashes(JsonText& text, std::string_view member, const ImportedCodes& set, bool used) {
    text.key(member).begin_array();
    for (const ImportedCodes::Code& code : set.codes)
        if (code.used == used) text.value(code.hash);
    text.end_array();
}

/// Codes of ours as others take them: with the keys of their digests.
ImportedCodes portable(const RecoverySet& set, const UserRef& user, Vault& vault) {
    const std::vector<std::string> keys = recovery_keys(user, vault);
    ImportedCodes codes;
    codes.made = set.made;
    for (std::size_t i = 0; i < set.digests.size(); ++i)
        codes.codes.push_back({portable_recovery_hash(keys, set.digests[i]), set.is_used(i)});
    return codes;
}

} // namespace

std::optional<std::string> factors_line(
    const UserRef& user, const std::vector<std::string>& fields, Vault& vault) {
    const auto totp = open_totp(fields[export_fields::totp], user, vault);
    const auto ours = RecoverySet::unpack(fields[export_fields::recovery_codes]);
    auto codes = open_imported_codes(fields[export_fields::imported_codes], user, vault);
    if (ours) codes = portable(*ours, user, vault);
    const std::string& email_failures = fields[export_fields::email_failures];
    const auto slots =
        std::span(fields).subspan(export_fields::first_passkey, FactorStore::passkeys.size());
    const std::vector<Passkey> passkeys = open_passkeys(slots, user, vault);
    if (!totp && !codes && passkeys.empty() && email_failures.empty()) return std::nullopt;

    JsonText text;
    text.begin_object().key("factors").begin_object().member("tenant", user.tenant);
    text.member("user", user.user);
    if (!email_failures.empty()) {
        text.key("email").begin_object();
        append_failures(text, email_failures);
        text.end_object();
    }
    if (totp) append_totp(text, *totp, fields);
    if (codes) {
        text.key("recovery_codes").begin_object();
        append_hashes(text, "hashes", *codes, false);
        append_hashes(text, "used", *codes, true);
        text.member("created_at", platform::rfc3339(codes->made));
        append_failures(text, fields[export_fields::code_failures]);
        text.end_object();
    }
    if (!passkeys.empty()) {
        text.key("passkeys").begin_array();
        for (const Passkey& passkey : passkeys)
            append_passkey(text, passkey);
        text.end_array();
    }
    return std::move(text.end_object().end_object()).str();
}

} // namespace mfad::service
