#pragma once

#include "mfad/domain/identity.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::store {

/// CRC-16/XMODEM: what Redis Cluster hashes keys with.
std::uint16_t crc16(std::string_view bytes);

/// The Redis Cluster slot of a key: of its hash tag, if it has one.
std::uint16_t key_slot(std::string_view key);

/// The classes of mail, in the order in which they are sent. The digit begins each stored job.
enum class MailClass : std::uint8_t { code = 1, link = 2, notice = 3 };

/// Makes the name of every key that the product writes. All of them start with `mfa:`.
///
/// A user belongs to partition `crc16(<n>:<tenant>:<user>) mod partitions`, and everything of his
/// carries the tag `{p<number>}`, so that one script may touch all of it, on a cluster too. The
/// tenant's id is preceded by its length, so no id can be taken for part of another's key.
class Keys {
public:
    /// @param partitions 1..1024, the same for all who ever use the database
    explicit Keys(unsigned partitions) : partitions_(partitions) {}

    unsigned partitions() const { return partitions_; }
    unsigned partition(const domain::UserRef& user) const;

    /// hash, kept: s settings (packed), n newest `all` seen, v version, t last authentication ms,
    /// q the same but for codes by mail, e sealed address, h digest of the address, l locale, g id
    /// of the current link, with a plus before it when it was used; arrival times of limits: r
    /// writes and links (packed), c d codes, o notices. Of factors: T sealed TOTP key, S its last
    /// step, N sealed pending one, R digests of recovery codes, H sealed hashes of those from
    /// elsewhere, V marks of used ones (8 bytes each, the last 64), P0..P9 passkeys, W sealed offer
    /// of one; F<bit> failures, M<bit> attempt in flight of a type; Z when a reset of lost factors
    /// is due, and its id (packed)
    std::string user(const domain::UserRef& user) const {
        return this->user(partition(user), user);
    }
    /// The same, where the user's partition is at hand.
    std::string user(unsigned partition, const domain::UserRef& user) const;
    /// zset, kept with the user: digests of credentials that speak for him, by their end (ms);
    /// some may be gone
    std::string credentials(const domain::UserRef& user) const;
    /// A pattern for SCAN that the records of a tenant's users match, and others may.
    static std::string user_pattern(std::string_view tenant);
    /// Whose record a key is; nothing unless it is that of a user of this tenant.
    static std::optional<std::string_view> user_of_key(
        std::string_view key, std::string_view tenant);
    /// Whose record a key is, whatever his tenant; nothing for another key.
    static std::optional<domain::UserRef> owner_of_key(std::string_view key);
    /// hash, kept: p policy, d default, o options, a and z numbers of the last `all`, w number of
    /// the last definition
    std::string rules(unsigned partition, std::string_view tenant) const;
    /// sorted set of sealed jobs by the time they are due, ms
    std::string due(unsigned partition, MailClass mail) const;
    /// sorted set of sealed jobs by the end of their lease, ms
    std::string leased(unsigned partition) const;
    /// sorted set of sealed jobs by the time they were given up, ms
    std::string dead(unsigned partition) const;
    /// string, until an hour after its end: an enrollment link (scripts/lib/link_record.lua)
    std::string link(unsigned partition, std::string_view id) const;
    /// hash, as long as the link: what happened to it (scripts/lib/link.lua)
    std::string link_events(unsigned partition, std::string_view id) const;
    /// hash, until an hour after its end: a challenge (scripts/lib/challenge.lua)
    std::string challenge(unsigned partition, std::string_view id) const;
    /// hash, until the last of them ends: a user's remembered devices (scripts/lib/device.lua)
    std::string devices(const domain::UserRef& user) const;
    /// string, kept: when the store was last found restarted, ms (scripts/bootstrap.lua)
    std::string fence(unsigned partition) const;
    /// stream, bounded: what happened (scripts/lib/audit.lua)
    std::string audit(unsigned partition) const;
    /// string, as long as the notice: the sealed address that a user had before, for the notice of
    /// its change. @param job_id bytes
    std::string old_address(unsigned partition, std::string_view job_id) const;
    /// string, for a period: arrival time of a limit on mails, all of them in one slot; see
    /// `MailLimitStore`. @param subject whom of, in bytes of any kind
    static std::string mails(std::string_view policy, std::string_view subject);
    /// string, for its lifetime: what was answered under an idempotency key
    std::string idempotency(unsigned partition, std::string_view hash) const;

    /// The partition of things that belong to a whole tenant.
    unsigned tenant_partition(std::string_view tenant) const;
    /// string, for a period: arrival time of a tenant's quota of this name
    std::string quota(std::string_view tenant, std::string_view name) const;
    /// sorted set, for a lifetime: hashes of a credential's live idempotency keys by their end, ms;
    /// beside the quota
    std::string live_keys(std::string_view tenant, std::string_view credential_id) const;
    /// hash of address digests → user ids, kept; a bucket holds the users of a 1/16,384th of all
    /// digests
    std::string addresses(std::string_view tenant, std::string_view digest) const;

    /// string, kept: time of the claim and packed user: who has a passkey. Readers check the hit.
    /// @param tag of the credential id
    std::string passkey_owner(std::string_view tag) const;
    /// string, as long as the challenge that it answered: an assertion that was spent
    std::string spent_assertion(std::string_view digest) const;

    /// hash, kept: doc (JSON), jwt (sealed JSON), x… what Xsolla's dialect keeps
    std::string tenant(std::string_view tenant) const;
    /// integer, kept: counts tenant-wide writes
    std::string tenant_sequence(std::string_view tenant) const;
    /// string (JSON), until it expires: a credential, by the SHA-256 of its secret in hexadecimal
    std::string credential(std::string_view digest) const;
    /// string (JSON), kept: a panel account
    std::string panel_account(std::string_view login) const;
    /// sorted set, for a period: failed sign-ins of a login
    std::string panel_attempts(std::string_view login) const;
    /// hash, kept: schema, partitions, check values of the keys, run: which run of the store it was
    static std::string installation() { return "mfa:meta"; }

    static constexpr std::string_view credential_prefix = "mfa:cred:";
    static constexpr std::string_view tenant_prefix = "mfa:tenant:";
    static constexpr std::string_view panel_prefix = "mfa:panel:";

private:
    unsigned partitions_;
};

} // namespace mfad::store
