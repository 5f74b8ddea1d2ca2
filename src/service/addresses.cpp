#include "mfad/service/addresses.hpp"

#include "mfad/service/factors.hpp"

namespace mfad::service {
namespace {

using platform::Place;
using platform::SealPurpose;

constexpr std::size_t digest_size = 12;

Place place_of(const domain::UserRef& user) {
    return Place().part("email").part(user.tenant).part(user.user);
}

} // namespace

std::string address_digest(
    const domain::EmailAddress& address, const std::string& tenant, Vault& vault) {
    return vault.pepper
        .digest(
            platform::DigestPurpose::address, Place().part("address").part(tenant),
            address.lookup_key())
        .substr(0, digest_size);
}

store::MailSubject mail_subject(
    const domain::EmailAddress& address, const std::string& tenant, Vault& vault) {
    const std::string domain = vault.pepper.digest(
        platform::DigestPurpose::address, Place().part("domain"), address.domain());
    return {tenant, address_digest(address, tenant, vault), domain.substr(0, digest_size)};
}

store::StoredAddress seal_address(
    const domain::EmailAddress& address, const domain::UserRef& user, Vault& vault) {
    return {
        vault.sealer.seal(SealPurpose::email, place_of(user), address.address()),
        address_digest(address, user.tenant, vault)};
}

void add_moved_notice(store::UserRecord& record, Vault& vault) {
    record.moved_notice = seal_notice(MailJob::Kind::address_changed, {}, record.user, vault);
    record.moved_notice_id = record.moved_notice.substr(1, 16); // as seal_job lays it out
}

std::optional<domain::EmailAddress> open_address(
    const store::StoredAddress& stored, const domain::UserRef& user, Vault& vault) {
    if (stored.sealed.empty()) return std::nullopt;
    const auto text = vault.sealer.open(SealPurpose::email, place_of(user), stored.sealed);
    if (!text) throw store::Corrupt("an address that this key file does not open");
    const auto address = domain::EmailAddress::parse(*text);
    if (!address) throw store::Corrupt("a stored address that is none");
    return *address;
}

} // namespace mfad::service
