#include "passkey_ceremony.hpp"

#include "factor_rules.hpp"

#include "mfad/platform/packed.hpp"
#include "mfad/platform/relying_party.hpp"
#include "mfad/platform/webauthn_json.hpp"

namespace mfad::service {

using domain::RelyingParty;
using domain::UserRef;
using platform::SealPurpose;
using store::FactorStore;

namespace {

constexpr std::uint8_t offer_version = 1;

platform::Place pending_place(const UserRef& user) {
    return factor_place(user, FactorStore::passkey_pending);
}

} // namespace

// ---- an offer, sealed ---------------------------------------------------------------------------

std::string seal_pending(const PendingPasskey& pending, const UserRef& user, Vault& vault) {
    platform::PackedWriter packed;
    packed.u8(offer_version).i64(pending.created.time_since_epoch().count());
    packed.text(pending.challenge).text(pending.user_handle).text(pending.rp_id);
    return vault.sealer.seal(SealPurpose::factor, pending_place(user), packed.bytes());
}

std::optional<PendingPasskey> open_pending(
    std::string_view sealed, const UserRef& user, Vault& vault) {
    if (sealed.empty()) return std::nullopt;
    const auto plain = vault.sealer.open(SealPurpose::factor, pending_place(user), sealed);
    if (!plain) throw store::Corrupt("an offer of a passkey that does not open");
    platform::PackedReader packed(*plain);
    if (packed.u8() != offer_version)
        throw store::Corrupt("an offer of a passkey of an unknown format");
    PendingPasskey pending;
    pending.created = platform::unix_millis(packed.i64());
    pending.challenge = packed.text();
    pending.user_handle = packed.text();
    pending.rp_id = packed.text();
    return pending;
}

// ---- the ceremony -------------------------------------------------------------------------------

platform::CreationOptions creation_options(
    const RelyingParty& party, const PendingPasskey& pending, std::string_view account,
    std::span<const Passkey> bound) {
    platform::CreationOptions options;
    options.challenge = pending.challenge;
    options.rp_id = party.id;
    options.rp_name = party.name;
    options.user_id = pending.user_handle;
    options.user_name = account;
    options.user_display_name = account;
    for (const Passkey& passkey : bound)
        options.exclude.push_back({passkey.credential_id, passkey.transports});
    options.resident_key = party.resident_key;
    options.user_verification = party.user_verification;
    // Browsers put zeros for the model when they are asked for nothing.
    if (party.attestation != RelyingParty::Attestation::none || !party.allowed_aaguids.empty() ||
        !party.denied_aaguids.empty())
        options.attestation = platform::AttestationConveyance::direct;
    return options;
}

platform::RegistrationExpectations expectations(
    const RelyingParty& party, const PendingPasskey& pending, platform::UnixMillis now) {
    platform::RegistrationExpectations expected;
    expected.challenge = pending.challenge;
    expected.origins = party.origins;
    expected.rp_id = pending.rp_id;
    expected.user_verification_required =
        party.user_verification == platform::UserVerification::required;
    // Without a demand, a format that is not verified here says no more than none at all.
    expected.attestation = party.attestation == RelyingParty::Attestation::trusted
                               ? platform::AttestationPolicy::trusted
                               : platform::AttestationPolicy::any_format;
    expected.trust_anchors = party.trust_anchors;
    expected.allowed_aaguids = party.allowed_aaguids;
    expected.denied_aaguids = party.denied_aaguids;
    expected.now = now;
    return expected;
}

Passkey made_of(
    const platform::Registration& registration, std::vector<std::string> transports,
    PendingPasskey pending) {
    Passkey passkey;
    passkey.credential_id = registration.credential_id;
    passkey.public_key = registration.public_key;
    passkey.user_handle = std::move(pending.user_handle);
    passkey.rp_id = std::move(pending.rp_id);
    passkey.aaguid = registration.aaguid;
    passkey.transports = std::move(transports);
    passkey.attestation = registration.attestation;
    passkey.backup_eligible = registration.backup_eligible;
    passkey.sign_count = registration.sign_count;
    passkey.backed_up = registration.backed_up;
    return passkey;
}

RelyingParty relying_party_of(const domain::Tenant& tenant, std::string_view public_url) {
    RelyingParty party;
    if (tenant.relying_party) {
        party = *tenant.relying_party;
    } else {
        const std::size_t host = public_url.find("//") + 2;
        const std::string_view origin = public_url.substr(0, public_url.find('/', host));
        const std::string_view authority = origin.substr(host);
        party.id = authority.substr(0, authority.rfind(':'));
        party.origins.emplace_back(origin);
    }
    if (party.name.empty()) party.name = tenant.name.empty() ? tenant.id : tenant.name;
    return party;
}

std::vector<std::string> faults_of_default_party(std::string_view public_url) {
    const RelyingParty party = relying_party_of(domain::Tenant(), public_url);
    std::vector<std::string> faults;
    for (const platform::RpFault& fault : platform::lint_rp(party.id, party.origins))
        faults.push_back(to_string(fault));
    return faults;
}

} // namespace mfad::service
