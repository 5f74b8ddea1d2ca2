#include "mfad/store/keys.hpp"

#include "mfad/platform/concat.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mfad::store {
namespace {

using platform::concat;

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

/// Decimal digits, without a string.
class Digits {
public:
    explicit Digits(std::size_t number) {
        const char* const end =
            std::to_chars(text_.data(), text_.data() + text_.size(), number).ptr;
        size_ = static_cast<std::size_t>(end - text_.data());
    }
    std::string_view text() const { return {text_.data(), size_}; }

private:
    std::array<char, 20> text_{};
    std::size_t size_ = 0;
};

std::uint16_t crc16_on(std::uint16_t begun, std::string_view bytes) {
    unsigned crc = begun;
    for (const char c : bytes)
        crc = (crc << 8 ^ crc_table[(crc >> 8 ^ static_cast<unsigned char>(c)) & 255]) & 0xFFFF;
    return static_cast<std::uint16_t>(crc);
}

/// Everything with the same tag is in one slot.
template <class... Texts>
std::string tagged(unsigned partition, const Texts&... rest) {
    return concat("mfa:{p", Digits(partition).text(), "}:", rest...);
}

/// `<n>:<tenant>:<rest>`: nothing that follows can be mistaken for a part of the tenant's id. Its
/// parts, so that a key is put together once.
class OfTenant {
public:
    OfTenant(std::string_view tenant, std::string_view rest)
        : length_(tenant.size()), tenant_(tenant), rest_(rest) {}
    explicit OfTenant(const domain::UserRef& user) : OfTenant(user.tenant, user.user) {}

    std::string text() const { return concat(length_.text(), ":", tenant_, ":", rest_); }
    unsigned partition(unsigned partitions) const {
        std::uint16_t crc = 0;
        for (const std::string_view part : {length_.text(), colon, tenant_, colon, rest_})
            crc = crc16_on(crc, part);
        return crc % partitions;
    }
    std::string key(unsigned partition, std::string_view name) const {
        return tagged(partition, name, length_.text(), ":", tenant_, ":", rest_);
    }

private:
    static constexpr std::string_view colon = ":";

    Digits length_;
    std::string_view tenant_;
    std::string_view rest_;
};

std::string_view name(MailClass mail) {
    switch (mail) {
    case MailClass::code: return "code";
    case MailClass::link: return "link";
    case MailClass::notice: return "notice";
    }
    return {};
}

} // namespace

std::uint16_t crc16(std::string_view bytes) {
    return crc16_on(0, bytes);
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
    return OfTenant(user).partition(partitions_);
}

unsigned Keys::tenant_partition(std::string_view tenant) const {
    return OfTenant(tenant, {}).partition(partitions_);
}

std::string Keys::user(unsigned partition, const domain::UserRef& user) const {
    return OfTenant(user).key(partition, "u:");
}

std::string Keys::credentials(const domain::UserRef& user) const {
    const OfTenant identity(user);
    return identity.key(identity.partition(partitions_), "creds:");
}

std::string Keys::user_pattern(std::string_view tenant) {
    std::string pattern = "mfa:{p*}:u:";
    for (const char c : OfTenant(tenant, {}).text()) {
        if (std::string_view("*?[]^\\").find(c) != std::string_view::npos) pattern += '\\';
        pattern += c;
    }
    return pattern + '*';
}

std::optional<std::string_view> Keys::user_of_key(std::string_view key, std::string_view tenant) {
    // Read from the front: an id may hold anything that looks like the rest of a key.
    constexpr std::string_view head = "mfa:{p";
    if (!key.starts_with(head)) return std::nullopt;
    key.remove_prefix(head.size());
    key.remove_prefix(std::min(key.find_first_not_of("0123456789"), key.size()));
    const std::string middle = concat("}:u:", OfTenant(tenant, {}).text());
    if (!key.starts_with(middle) || key.size() == middle.size()) return std::nullopt;
    return key.substr(middle.size());
}

std::optional<domain::UserRef> Keys::owner_of_key(std::string_view key) {
    const auto middle = key.find("}:u:");
    if (middle == std::string_view::npos) return std::nullopt;
    const std::string_view identity = key.substr(middle + 4);
    std::size_t length = 0;
    const char* end = identity.data() + identity.size();
    const auto [at, error] = std::from_chars(identity.data(), end, length);
    const auto digits = static_cast<std::size_t>(at - identity.data());
    if (error != std::errc() || length > identity.size() || digits + length + 2 >= identity.size())
        return std::nullopt;
    domain::UserRef user;
    user.tenant = identity.substr(digits + 1, length);
    user.user = identity.substr(digits + 1 + length + 1);
    // The rest of the key says the same, or it is not one of these.
    if (user_of_key(key, user.tenant) != user.user) return std::nullopt;
    return user;
}

std::string Keys::rules(unsigned partition, std::string_view tenant) const {
    return tagged(partition, "t:", tenant);
}

std::string Keys::due(unsigned partition, MailClass mail) const {
    return tagged(partition, "due:", name(mail));
}

std::string Keys::leased(unsigned partition) const {
    return tagged(partition, "leased");
}

std::string Keys::dead(unsigned partition) const {
    return tagged(partition, "dead");
}

std::string Keys::link(unsigned partition, std::string_view id) const {
    return tagged(partition, "enr:", id);
}

std::string Keys::link_events(unsigned partition, std::string_view id) const {
    return tagged(partition, "enr:", id, ":e");
}

std::string Keys::challenge(unsigned partition, std::string_view id) const {
    return tagged(partition, "ch:", id);
}

std::string Keys::devices(const domain::UserRef& user) const {
    const OfTenant identity(user);
    return identity.key(identity.partition(partitions_), "dev:");
}

std::string Keys::fence(unsigned partition) const {
    return tagged(partition, "fence");
}

std::string Keys::audit(unsigned partition) const {
    return tagged(partition, "audit");
}

std::string Keys::old_address(unsigned partition, std::string_view job_id) const {
    return tagged(partition, "old:", platform::base64url(job_id));
}

std::string Keys::mails(std::string_view policy, std::string_view subject) {
    return concat("mfa:{mails}:", policy, ":", subject);
}

std::string Keys::idempotency(unsigned partition, std::string_view hash) const {
    return tagged(partition, "idem:", hash);
}

std::string Keys::quota(std::string_view tenant, std::string_view name) const {
    return OfTenant(tenant, name).key(tenant_partition(tenant), "q:");
}

std::string Keys::live_keys(std::string_view tenant, std::string_view credential_id) const {
    return OfTenant(tenant, credential_id).key(tenant_partition(tenant), "live:");
}

std::string Keys::addresses(std::string_view tenant, std::string_view digest) const {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(digest.at(i)); };
    const unsigned bucket = (unsigned{byte(0)} << 8 | byte(1)) & 0x3FFF;
    const std::string rest = concat("em:", OfTenant(tenant, std::to_string(bucket)).text());
    return tagged(crc16(rest) % partitions_, rest);
}

std::string Keys::passkey_owner(std::string_view tag) const {
    const std::string rest = concat("wc:", platform::base64url(tag));
    return tagged(crc16(rest) % partitions_, rest);
}

std::string Keys::spent_assertion(std::string_view digest) const {
    const std::string rest = concat("wu:", platform::base64url(digest));
    return tagged(crc16(rest) % partitions_, rest);
}

std::string Keys::tenant(std::string_view tenant) const {
    return concat(tenant_prefix, tenant);
}

std::string Keys::tenant_sequence(std::string_view tenant) const {
    return concat("mfa:seq:", tenant);
}

std::string Keys::credential(std::string_view digest) const {
    return concat(credential_prefix, digest);
}

std::string Keys::panel_account(std::string_view login) const {
    return concat(panel_prefix, login);
}

std::string Keys::panel_attempts(std::string_view login) const {
    // Of what was typed, a digest: people put passwords into the wrong field.
    const std::string digest = platform::base64url(platform::sha256(login).substr(0, 16));
    return tagged(crc16(digest) % partitions_, "try:", digest);
}

} // namespace mfad::store
