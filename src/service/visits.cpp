#include "mfad/service/visits.hpp"

#include "mfad/platform/encoding.hpp"
#include "mfad/platform/packed.hpp"
#include "mfad/service/addresses.hpp"

namespace mfad::service {
namespace {

using domain::FactorSet;
using domain::FactorType;
using platform::SealPurpose;
using runtime::Awaitable;

constexpr std::uint8_t version = 1;
constexpr std::size_t max_sealed = 2048;
constexpr unsigned by_server_bit = 1, proved_bit = 2, recovering_bit = 4;

const platform::Place& visit_place() {
    static const platform::Place place = platform::Place().part("visit");
    return place;
}

std::string encode(const Visit& visit) {
    const unsigned flags = (visit.by_server ? by_server_bit : 0) | (visit.proved ? proved_bit : 0) |
                           (visit.recovering ? recovering_bit : 0);
    platform::PackedWriter packed;
    packed.u8(version).text(visit.user.tenant).text(visit.user.user);
    packed.u16(static_cast<std::uint16_t>(visit.link.partition)).text(visit.link.id);
    packed.u8(static_cast<std::uint8_t>(visit.kind)).u8(static_cast<std::uint8_t>(flags));
    packed.u8(visit.factors.bits()).u8(visit.recovered.bits());
    packed.i64(visit.ends.time_since_epoch().count()).text(visit.challenge);
    return std::move(packed).bytes();
}

/// What we sealed ourselves is as we wrote it; one of another version is over.
std::optional<Visit> decode(std::string_view bytes) {
    platform::PackedReader packed(bytes);
    if (packed.u8() != version) return std::nullopt;
    Visit visit;
    visit.user.tenant = packed.text();
    visit.user.user = packed.text();
    visit.link.partition = packed.u16();
    visit.link.id = packed.text();
    visit.kind = static_cast<store::LinkKind>(packed.u8());
    const unsigned flags = packed.u8();
    visit.by_server = (flags & by_server_bit) != 0;
    visit.proved = (flags & proved_bit) != 0;
    visit.recovering = (flags & recovering_bit) != 0;
    visit.factors = FactorSet::from_bits(packed.u8());
    visit.recovered = FactorSet::from_bits(packed.u8());
    visit.ends = platform::unix_millis(packed.i64());
    visit.challenge = packed.text();
    return visit;
}

} // namespace

Visits::Visits(
    const store::Context& context, TenantSource& tenants, Vault& vault, Enrollment& enrollment,
    Challenges& challenges)
    : visits_(context), users_(context), tenants_(tenants), vault_(vault), enrollment_(enrollment),
      challenges_(challenges) {}

Awaitable<VisitBegun> Visits::begin(std::string_view token) {
    VisitBegun begun;
    const std::optional<Followed> followed = co_await enrollment_.follow(token);
    if (!followed) co_return begun;
    const store::Link link = co_await enrollment_.read(*followed);
    begun.state = link.state;
    if (link.state != store::LinkState::open) co_return begun;
    begun.visit.user = followed->user;
    begun.visit.link = followed->link;
    begun.visit.kind = link.kind;
    begun.visit.by_server = link.by_server;
    begun.visit.factors = link.factors;
    begun.visit.ends = platform::wall_now() + lifetime;
    co_return begun;
}

std::string Visits::seal(const Visit& visit) {
    return platform::base64url(vault_.sealer.seal(SealPurpose::page, visit_place(), encode(visit)));
}

std::optional<Visit> Visits::open(std::string_view sealed) {
    if (sealed.size() > max_sealed) return std::nullopt;
    const auto bytes = platform::from_base64url(sealed);
    if (!bytes) return std::nullopt;
    const auto plain = vault_.sealer.open(SealPurpose::page, visit_place(), *bytes);
    if (!plain) return std::nullopt;
    std::optional<Visit> visit = decode(*plain);
    if (visit && platform::wall_now() >= visit->ends) visit.reset();
    return visit;
}

Awaitable<store::VisitRecord> Visits::read(const Visit& visit) {
    co_return co_await visits_.read(visit.link, visit.user);
}

Awaitable<ChallengeAnswer> Visits::challenge(
    Visit& visit, bool recovers, const std::string& device) {
    ChallengeWish wish;
    wish.device = device;
    wish.recovers = recovers;
    if (recovers)
        wish.factors = (FactorSet(FactorType::email) | FactorType::recovery_code) - visit.recovered;
    const domain::RelyingParty good_at = co_await party(visit);
    ChallengeAnswer answer = co_await challenges_.open(visit.user, wish, good_at);
    visit.recovering = recovers;
    visit.challenge = answer.token;
    co_return answer;
}

Awaitable<void> Visits::passed(Visit& visit, FactorType factor) {
    visit.challenge.clear();
    if (visit.recovering) {
        visit.recovered = visit.recovered | factor;
        co_return;
    }
    visit.proved = true;
    if (visit.kind == store::LinkKind::verify)
        co_await visits_.spend(visit.link, visit.user, false);
}

Awaitable<void> Visits::bound(Visit& visit) {
    visit.proved = true;
    co_await visits_.spend(visit.link, visit.user, true);
}

Awaitable<AccountNames> Visits::names(const Visit& visit) {
    AccountNames names;
    names.account = visit.user.user;
    names.tenant = visit.user.tenant;
    const auto tenant = co_await tenants_.find_tenant(visit.user.tenant);
    if (tenant) names.tenant = tenant->name;
    const std::optional<store::Contact> contact = co_await users_.contact(visit.user);
    if (!contact) co_return names;
    names.locale = contact->locale;
    if (const auto address = open_address(contact->address, visit.user, vault_)) {
        names.account = address->address();
        names.masked_address = address->masked();
    }
    co_return names;
}

Awaitable<domain::RelyingParty> Visits::party(const Visit& visit) {
    const auto tenant = co_await tenants_.find_tenant(visit.user.tenant);
    if (!tenant) throw store::Corrupt("a visit of no tenant");
    co_return relying_party_of(*tenant, enrollment_.options().public_url);
}

} // namespace mfad::service
