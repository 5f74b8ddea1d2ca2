#include "mfad/service/factor_import.hpp"

#include "factor_rules.hpp"

#include "mfad/platform/crypto.hpp"

#include <algorithm>

namespace mfad::service {

using domain::FactorSet;
using domain::FactorType;
using domain::Result;
using domain::UserRef;
using runtime::Awaitable;
using store::FactorStore;
using store::FieldChange;
using Code = domain::Refusal::Code;

Result<void> FactorImporter::plan_passkeys(
    const ImportedFactors& line, FactorSet enrolled, Plan& plan) {
    if (line.passkeys.empty()) return {};
    const auto slots = std::span(plan.changes).last(FactorStore::passkeys.size());
    for (const ImportedPasskey& imported : line.passkeys) {
        const std::string tag = passkey_tag(imported.passkey.credential_id);
        const auto at = std::ranges::find_if(slots, [&](const FieldChange& slot) {
            return store::tag_of_passkey(slot.before) == tag;
        });
        const auto free = std::ranges::find(slots, std::string(), &FieldChange::after);
        if (at == slots.end() && free == slots.end())
            return domain::refuse(
                Code::invalid, "factors.passkeys", "are more than a user may have");
        const auto place = at != slots.end() ? at : free;
        const auto slot = static_cast<std::size_t>(place - slots.begin());
        auto known = open_passkey(place->before, slot, line.user, vault_);
        if (known && known->public_key != imported.passkey.public_key)
            return domain::refuse(
                Code::invalid, "factors.passkeys", "hold one that has another key here");
        if (known && known->sign_count >= imported.passkey.sign_count) continue;
        Passkey passkey = known ? *known : imported.passkey;
        if (!known) {
            const FactorSet others = enrolled - FactorType::email;
            passkey.strong = imported.strong.value_or(others.empty());
            plan.claims.push_back(tag);
        }
        passkey.sign_count = imported.passkey.sign_count;
        place->after = seal_passkey(passkey, slot, line.user, vault_);
    }
    plan.bound = plan.bound | FactorType::passkey;
    return {};
}

Awaitable<Result<void>> FactorImporter::claim_passkeys(
    const UserRef& user, const std::vector<std::string>& tags) {
    std::vector<std::string> claimed;
    for (const std::string& tag : tags) {
        const bool is_ours = co_await passkeys_.claim_unheld(tag, user);
        if (!is_ours) {
            co_await passkeys_.release(claimed, user);
            co_return domain::refuse(
                Code::invalid, "factors.passkeys", "hold one that is another user's here");
        }
        claimed.push_back(tag);
    }
    co_return Result<void>{};
}

} // namespace mfad::service
