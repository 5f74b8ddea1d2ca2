#include "addresses.hpp"

namespace mfad::service {
namespace {

using platform::Place;
using platform::Purpose;

constexpr std::size_t digest_size = 12;

Place place_of(const domain::UserRef& user) {
    return Place("email").in(user.tenant).in(user.user);
}

} // namespace

std::string address_digest(const domain::EmailAddress& address, const std::string& tenant,
                           platform::Sealer& sealer) {
    return sealer.digest(Purpose::email, Place("address").in(tenant), address.lookup_key())
        .substr(0, digest_size);
}

store::StoredAddress seal_address(const domain::EmailAddress& address, const domain::UserRef& user,
                                  platform::Sealer& sealer) {
    return {sealer.seal(Purpose::email, place_of(user), address.address()),
            address_digest(address, user.tenant, sealer)};
}

std::optional<domain::EmailAddress> open_address(const store::StoredAddress& stored,
                                                 const domain::UserRef& user,
                                                 platform::Sealer& sealer) {
    if (stored.sealed.empty()) return std::nullopt;
    const auto text = sealer.open(Purpose::email, place_of(user), stored.sealed);
    if (!text) throw store::Corrupt("an address that this key file does not open");
    const auto address = domain::EmailAddress::parse(*text);
    if (!address) throw store::Corrupt("a stored address that is none");
    return *address;
}

} // namespace mfad::service
