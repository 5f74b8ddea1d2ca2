#include "webauthn_authenticator_data.hpp"

#include "mfad/platform/cbor.hpp"
#include "mfad/platform/crypto.hpp"

namespace mfad::platform {
namespace {

constexpr std::size_t hash_size = 32;
constexpr std::size_t fixed_size = hash_size + 1 + 4;
constexpr std::size_t aaguid_size = 16;

enum Flag : unsigned {
    user_present = 1U << 0,
    user_verified = 1U << 2,
    backup_eligible = 1U << 3,
    backed_up = 1U << 4,
    attested_credential = 1U << 6,
    extensions = 1U << 7
};

/// Takes `count` bytes off the front; the caller has seen that they are there.
std::string_view take(std::string_view& bytes, std::size_t count) {
    const auto front = bytes.substr(0, count);
    bytes.remove_prefix(count);
    return front;
}

std::uint32_t big_endian(std::string_view bytes) {
    std::uint32_t number = 0;
    for (const char c : bytes)
        number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

/// Section 6.5.1.
std::optional<WebauthnFault> take_credential(std::string_view& rest, AuthenticatorData& data) {
    if (rest.size() < aaguid_size + 2) return WebauthnFault::authdata_short;
    data.aaguid = take(rest, aaguid_size);
    const std::size_t id_size = big_endian(take(rest, 2));
    if (rest.size() < id_size) return WebauthnFault::authdata_short;
    data.credential_id = take(rest, id_size);
    const auto key = CborDocument::parse_prefix(rest);
    if (!key || !key->root().is_map()) return WebauthnFault::authdata_cbor;
    data.public_key = take(rest, key->size());
    return std::nullopt;
}

std::optional<WebauthnFault> take_extensions(std::string_view& rest) {
    const auto outputs = CborDocument::parse_prefix(rest);
    if (!outputs) return WebauthnFault::authdata_ext_cbor;
    if (!outputs->root().is_map()) return WebauthnFault::authdata_ext_not_map;
    rest.remove_prefix(outputs->size());
    return std::nullopt;
}

std::optional<WebauthnFault> check_parts(unsigned flags, Ceremony ceremony) {
    const bool attested = (flags & attested_credential) != 0;
    if (ceremony == Ceremony::registration && !attested)
        return WebauthnFault::no_attested_credential_data;
    if (ceremony == Ceremony::assertion && attested)
        return WebauthnFault::unexpected_attested_credential_data;
    return std::nullopt;
}

} // namespace

boost::system::result<AuthenticatorData, WebauthnFault> read_authenticator_data(
    std::string_view bytes, Ceremony ceremony) {
    if (bytes.size() > WebauthnCaps::authenticator_data) return WebauthnFault::too_big;
    if (bytes.size() < fixed_size) return WebauthnFault::authdata_short;
    AuthenticatorData data;
    data.rp_id_hash = take(bytes, hash_size);
    const unsigned flags = big_endian(take(bytes, 1));
    data.user_present = (flags & user_present) != 0;
    data.user_verified = (flags & user_verified) != 0;
    data.backup_eligible = (flags & backup_eligible) != 0;
    data.backed_up = (flags & backed_up) != 0;
    data.sign_count = big_endian(take(bytes, 4));

    if (const auto fault = check_parts(flags, ceremony)) return *fault;
    if (ceremony == Ceremony::registration)
        if (const auto fault = take_credential(bytes, data)) return *fault;
    if ((flags & extensions) != 0)
        if (const auto fault = take_extensions(bytes)) return *fault;
    if (!bytes.empty()) return WebauthnFault::authdata_trailing;
    return data;
}

std::optional<WebauthnFault> check_flags(
    const AuthenticatorData& data, const CeremonyExpectations& expected,
    bool user_presence_required) {
    if (data.rp_id_hash != sha256(expected.rp_id)) return WebauthnFault::rp_id_hash_mismatch;
    if (user_presence_required && !data.user_present) return WebauthnFault::user_not_present;
    if (expected.user_verification_required && !data.user_verified)
        return WebauthnFault::user_not_verified;
    if (!backup_flags_are_plausible(data.backup_eligible, data.backed_up))
        return WebauthnFault::bs_without_be;
    return std::nullopt;
}

} // namespace mfad::platform
