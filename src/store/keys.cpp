#include "mfad/store/keys.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"

#include <array>

namespace mfad::store {
namespace {

constexpr std::array<std::uint16_t, 256> crc_table = [] {
    std::array<std::uint16_t, 256> table{};
    for (unsigned i = 0; i < table.size(); ++i) {
        unsigned crc = i << 8;
        for (int bit = 0; bit < 8; ++bit)
            crc = crc << 1 ^ ((crc & 0x8000) != 0 ? 0x1021U : 0U);
        table[i] = static_cast<std::uint16_t>(crc);
    }
    return table;
}();

/// `<n>:<tenant>`: nothing that follows can be mistaken for a part of the tenant's id.
void append_tenant(std::string& key, std::string_view tenant) {
    key += std::to_string(tenant.size());
    key += ':';
    key += tenant;
}

std::string of_tenant(std::string_view tenant, std::string_view rest) {
    std::string text;
    text.reserve(tenant.size() + rest.size() + 5);
    append_tenant(text, tenant);
    text += ':';
    text += rest;
    return text;
}

std::string_view name(MailClass mail) {
    switch (mail) {
    case MailClass::code: return "code";
    case MailClass::link: return "link";
    case MailClass::notice: return "notice";
    }
    return {};
}

std::string joined(std::string_view a, std::string_view b) {
    std::string text(a);
    text += b;
    return text;
}

} // namespace

std::uint16_t crc16(std::string_view bytes) {
    unsigned crc = 0;
    for (const char c : bytes)
        crc = (crc << 8 ^ crc_table[(crc >> 8 ^ static_cast<unsigned char>(c)) & 255]) & 0xFFFF;
    return static_cast<std::uint16_t>(crc);
}

std::uint16_t key_slot(std::string_view key) {
    const auto open = key.find('{');
    if (open != std::string_view::npos) {
        const auto close = key.find('}', open + 1);
        if (close != std::string_view::npos && close > open + 1)
            key = key.substr(open + 1, close - open - 1);
    }
    return crc16(key) % 16384;
}

unsigned Keys::partition(const domain::UserRef& user) const {
    return crc16(of_tenant(user.tenant, user.user)) % partitions_;
}

unsigned Keys::tenant_partition(std::string_view tenant) const {
    return crc16(of_tenant(tenant, {})) % partitions_;
}

std::string Keys::tagged(unsigned partition, std::string_view rest) const {
    std::string key;
    key.reserve(rest.size() + 12);
    key += "mfa:{p";
    key += std::to_string(partition);
    key += "}:";
    key += rest;
    return key;
}

std::string Keys::user(const domain::UserRef& user) const {
    const std::string identity = of_tenant(user.tenant, user.user);
    std::string key = tagged(crc16(identity) % partitions_, "u:");
    key += identity;
    return key;
}

std::string Keys::rules(unsigned partition, std::string_view tenant) const {
    return tagged(partition, joined("t:", tenant));
}

std::string Keys::due(unsigned partition, MailClass mail) const {
    return tagged(partition, joined("due:", name(mail)));
}

std::string Keys::leased(unsigned partition) const {
    return tagged(partition, "leased");
}

std::string Keys::dead(unsigned partition) const {
    return tagged(partition, "dead");
}

std::string Keys::link(unsigned partition, std::string_view id) const {
    return tagged(partition, joined("enr:", id));
}

std::string Keys::idempotency(unsigned partition, std::string_view hash) const {
    return tagged(partition, joined("idem:", hash));
}

std::string Keys::quota(std::string_view tenant, std::string_view name) const {
    return tagged(tenant_partition(tenant), joined("q:", of_tenant(tenant, name)));
}

std::string Keys::live_keys(std::string_view tenant, std::string_view credential_id) const {
    return tagged(tenant_partition(tenant), joined("live:", of_tenant(tenant, credential_id)));
}

std::string Keys::addresses(std::string_view tenant, std::string_view digest) const {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(digest.at(i)); };
    const unsigned bucket = (unsigned{byte(0)} << 8 | byte(1)) & 0x3FFF;
    const std::string rest = joined("em:", of_tenant(tenant, std::to_string(bucket)));
    return tagged(crc16(rest) % partitions_, rest);
}

std::string Keys::tenant(std::string_view tenant) const {
    return joined(tenant_prefix, tenant);
}

std::string Keys::tenant_sequence(std::string_view tenant) const {
    return joined("mfa:seq:", tenant);
}

std::string Keys::credential(std::string_view digest) const {
    return joined(credential_prefix, digest);
}

std::string Keys::panel_account(std::string_view login) const {
    return joined("mfa:panel:", login);
}

std::string Keys::panel_attempts(std::string_view login) const {
    // Of what was typed, a digest: people put passwords into the wrong field.
    const std::string digest = platform::base64url(platform::sha256(login).substr(0, 16));
    return tagged(crc16(digest) % partitions_, joined("try:", digest));
}

} // namespace mfad::store
