#include "mfad/service/passkey.hpp"

#include "factor_rules.hpp"

#include "mfad/platform/concat.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/packed.hpp"
#include "mfad/store/passkey_index.hpp"

namespace mfad::service {
namespace {

using domain::UserRef;
using platform::SealPurpose;

constexpr std::uint8_t record_version = 1;
constexpr std::string_view id_prefix = "passkey_";
constexpr std::size_t use_bytes = 4 + 1 + 8;
constexpr std::size_t head_bytes = 1 + store::passkey_tag_bytes + use_bytes;

std::string_view field_of(std::size_t slot) {
    return store::FactorStore::passkeys.at(slot);
}

/// What is in the clear before the sealed part: version, tag, and what a sign-in writes.
std::string head_of(
    std::string_view tag, std::uint32_t sign_count, bool backed_up,
    std::optional<platform::UnixMillis> last_used) {
    platform::PackedWriter use;
    use.u32(sign_count).u8(backed_up ? 1 : 0);
    use.i64(last_used ? last_used->time_since_epoch().count() : 0);
    const char version = static_cast<char>(record_version);
    return platform::concat(std::string_view(&version, 1), tag, use.bytes());
}

std::string sealed_part(
    const Passkey& passkey, std::size_t slot, const UserRef& user, Vault& vault) {
    platform::PackedWriter packed;
    packed.u8(passkey.backup_eligible ? 1 : 0).u8(passkey.strong ? 1 : 0);
    packed.u8(static_cast<std::uint8_t>(passkey.attestation));
    packed.i64(passkey.created.time_since_epoch().count());
    packed.text(passkey.credential_id).text(passkey.public_key).text(passkey.user_handle);
    packed.text(passkey.rp_id).text(passkey.aaguid).text(passkey.label);
    for (const std::string& transport : passkey.transports)
        packed.text(transport);
    return vault.sealer.seal(
        SealPurpose::factor, factor_place(user, field_of(slot)), packed.bytes());
}

void read_sealed_part(std::string_view plain, Passkey& passkey) {
    platform::PackedReader packed(plain);
    passkey.backup_eligible = packed.u8() != 0;
    passkey.strong = packed.u8() != 0;
    passkey.attestation = static_cast<platform::Attestation>(packed.u8());
    passkey.created = platform::unix_millis(packed.i64());
    passkey.credential_id = packed.text();
    passkey.public_key = packed.text();
    passkey.user_handle = packed.text();
    passkey.rp_id = packed.text();
    passkey.aaguid = packed.text();
    passkey.label = packed.text();
    while (!packed.at_end())
        passkey.transports.emplace_back(packed.text());
}

} // namespace

std::string passkey_tag(std::string_view credential_id) {
    return platform::sha256(credential_id).substr(0, store::passkey_tag_bytes);
}

std::string passkey_factor_id(std::string_view tag) {
    return platform::concat(id_prefix, platform::base64url(tag));
}

std::optional<std::string> tag_of_factor_id(std::string_view factor_id) {
    if (!factor_id.starts_with(id_prefix)) return std::nullopt;
    auto tag = platform::from_base64url(factor_id.substr(id_prefix.size()));
    if (!tag || tag->size() != store::passkey_tag_bytes) return std::nullopt;
    return tag;
}

std::string seal_passkey(
    const Passkey& passkey, std::size_t slot, const UserRef& user, Vault& vault) {
    const std::string tag = passkey_tag(passkey.credential_id);
    return head_of(tag, passkey.sign_count, passkey.backed_up, passkey.last_used) +
           sealed_part(passkey, slot, user, vault);
}

std::optional<Passkey> open_passkey(
    std::string_view stored, std::size_t slot, const UserRef& user, Vault& vault) {
    const auto tag = store::tag_of_passkey(stored);
    if (!tag) return std::nullopt;
    if (stored.size() < head_bytes) throw store::Corrupt("a passkey that is cut short");
    Passkey passkey;
    platform::PackedReader use(stored.substr(1 + store::passkey_tag_bytes));
    passkey.sign_count = use.u32();
    passkey.backed_up = use.u8() != 0;
    if (const std::int64_t last_used = use.i64(); last_used != 0)
        passkey.last_used = platform::unix_millis(last_used);
    const auto plain = vault.sealer.open(
        SealPurpose::factor, factor_place(user, field_of(slot)), stored.substr(head_bytes));
    if (!plain) throw store::Corrupt("a passkey that does not open");
    read_sealed_part(*plain, passkey);
    if (passkey_tag(passkey.credential_id) != *tag)
        throw store::Corrupt("a passkey under another's tag");
    return passkey;
}

std::vector<Passkey> open_passkeys(
    std::span<const std::string> fields, const domain::UserRef& user, Vault& vault) {
    std::vector<Passkey> passkeys;
    for (std::size_t slot = 0; slot < fields.size(); ++slot)
        if (auto passkey = open_passkey(fields[slot], slot, user, vault))
            passkeys.push_back(std::move(*passkey));
    return passkeys;
}

std::string used_passkey(
    std::string_view stored, const platform::Assertion& use, platform::UnixMillis at) {
    return platform::concat(
        head_of(stored.substr(1, store::passkey_tag_bytes), use.sign_count, use.backed_up, at),
        stored.substr(head_bytes));
}

std::optional<std::size_t> slot_of_passkey(
    std::span<const std::string> fields, std::string_view tag) {
    for (std::size_t slot = 0; slot < fields.size(); ++slot)
        if (store::tag_of_passkey(fields[slot]) == tag) return slot;
    return std::nullopt;
}

} // namespace mfad::service
