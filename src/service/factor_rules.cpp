#include "factor_rules.hpp"

#include "mfad/domain/settings.hpp"
#include "mfad/domain/settings_change.hpp"
#include "mfad/platform/packed.hpp"

namespace mfad::service {

using domain::FactorType;
using domain::Refusal;
using store::FactorStatus;
using Code = Refusal::Code;

namespace {

bool is_bound_by_proof(Asker asker) {
    return asker == Asker::himself || asker == Asker::invited;
}

store::Actor actor_of(Asker asker) {
    return asker == Asker::host ? store::Actor::host : store::Actor::user;
}

} // namespace

platform::Place factor_place(const domain::UserRef& user, std::string_view field) {
    return platform::Place().part("factor").part(user.tenant).part(user.user).part(field);
}

Refusal refusal_of(FactorStatus status) {
    switch (status) {
    case FactorStatus::no_such_tenant: return domain::refuse(Code::no_such_tenant);
    case FactorStatus::no_such_user: return domain::refuse(Code::no_such_user);
    case FactorStatus::restricted: return domain::refuse(Code::restricted);
    case FactorStatus::none_bound: return domain::refuse(Code::not_enrolled);
    case FactorStatus::not_allowed: return domain::refuse(Code::factor_not_allowed);
    case FactorStatus::proof_too_old: return domain::refuse(Code::proof_too_old);
    case FactorStatus::pending_gone: return domain::refuse(Code::expired);
    case FactorStatus::outdated:
    case FactorStatus::done: break;
    }
    return domain::refuse(Code::internal);
}

void set_asker(store::FactorOrder& order, Asker asker) {
    order.by_himself = is_bound_by_proof(asker);
    order.invited = asker == Asker::invited;
    order.by = actor_of(asker);
}

void set_asker(store::RemovalOrder& order, Asker asker) {
    order.by_himself = is_bound_by_proof(asker);
    order.by = actor_of(asker);
}

bool is_strong(
    const std::string& packed_settings, const std::string& last_proof, platform::UnixMillis now) {
    const auto settings =
        domain::Settings::unpack(static_cast<std::uint32_t>(std::stoul(packed_settings)));
    if (!settings) throw store::Corrupt("settings of an unknown format");
    if (!settings->enrolled.intersects(domain::strong_factors)) return true;
    return !last_proof.empty() &&
           now - platform::unix_millis(std::stoll(last_proof)) <= domain::proof_age;
}

void append_factors(platform::JsonText& body, std::string_view name, domain::FactorSet factors) {
    body.key(name).begin_array();
    domain::for_each(factors, [&body](FactorType type) { body.value(to_string(type)); });
    body.end_array();
}

std::string failures_field(FactorType type) {
    return "F" + std::to_string(static_cast<unsigned>(type));
}

std::string mark_field(FactorType type) {
    return "M" + std::to_string(static_cast<unsigned>(type));
}

unsigned failures_of(const std::string& field) {
    return field.empty() ? 0U : platform::PackedReader(field).u8();
}

} // namespace mfad::service
