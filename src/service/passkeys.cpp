#include "mfad/service/passkeys.hpp"

#include "factor_rules.hpp"
#include "passkey_ceremony.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/webauthn_json.hpp"

#include <algorithm>

namespace mfad::service {
namespace {

using domain::FactorType;
using domain::Refusal;
using domain::RelyingParty;
using domain::Result;
using domain::UserRef;
using runtime::Awaitable;
using store::FactorStatus;
using store::FactorStore;
using Code = Refusal::Code;

constexpr std::size_t challenge_bytes = 32;
constexpr std::size_t user_handle_bytes = 32;

/// Where the fields of `offer` and `confirm` begin; the passkeys' follow.
enum Field : std::size_t { settings, last_auth, pending, first_passkey };

const std::vector<std::string>& field_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> fields{"s", "q", FactorStore::passkey_pending};
        fields.insert(fields.end(), FactorStore::passkeys.begin(), FactorStore::passkeys.end());
        return fields;
    }();
    return names;
}

std::span<const std::string> passkeys_of(const std::vector<std::string>& fields) {
    return std::span(fields).subspan(first_passkey);
}

Refusal not_accepted(std::string why) {
    return domain::refuse(Code::invalid, "credential", std::move(why));
}

std::optional<std::size_t> free_slot(std::span<const std::string> fields) {
    for (std::size_t slot = 0; slot < fields.size(); ++slot)
        if (fields[slot].empty()) return slot;
    return std::nullopt;
}

Refusal too_many_passkeys() {
    return domain::refuse(
        Code::invalid, "passkeys",
        "are as many as a user may have: " + std::to_string(Passkeys::most) + ". Remove one first");
}

} // namespace

FactorView view_of(const Passkey& passkey) {
    FactorView view;
    view.id = passkey_factor_id(passkey_tag(passkey.credential_id));
    view.type = FactorType::passkey;
    view.label = passkey.label;
    view.created = passkey.created;
    view.last_used = passkey.last_used;
    return view;
}

Passkeys::Passkeys(const store::Context& context, Vault& vault, std::function<void()> wake)
    : factors_(context), index_(context), vault_(vault), wake_(std::move(wake)) {}

Awaitable<Result<PasskeyOffer>> Passkeys::offer(
    const UserRef& user, const RelyingParty& party, std::string_view account) {
    const std::vector<std::string> fields = co_await factors_.fields(user, field_names());
    if (fields[settings].empty()) co_return domain::refuse(Code::no_such_user);
    const std::vector<Passkey> bound = open_passkeys(passkeys_of(fields), user, vault_);
    if (bound.size() == most) co_return too_many_passkeys();
    PendingPasskey pending;
    pending.challenge = platform::random_bytes(challenge_bytes);
    pending.user_handle =
        bound.empty() ? platform::random_bytes(user_handle_bytes) : bound.front().user_handle;
    pending.rp_id = party.id;
    pending.created = platform::wall_now();
    PasskeyOffer offer;
    offer.options =
        platform::creation_options_json(creation_options(party, pending, account, bound));
    offer.ends = pending.created + pending_lifetime;
    const std::string sealed = seal_pending(pending, user, vault_);
    const bool kept = co_await factors_.put_pending(user, FactorStore::passkey_pending, sealed);
    if (!kept) co_return domain::refuse(Code::no_such_user);
    co_return offer;
}

/// A passkey that passed all checks, on its way into its slot.
struct Passkeys::Confirmation {
    Passkey passkey;
    std::size_t slot = 0;
    std::string pending; ///< as it was read: two confirmations never write one slot
};

Awaitable<Result<Passkey>> Passkeys::confirm(
    const UserRef& user, const RelyingParty& party, std::string_view credential,
    std::string_view label, Asker asker) {
    auto parsed = platform::parse_registration_credential(credential);
    if (!parsed)
        co_return domain::refuse(
            Code::malformed, "credential", std::string(to_string(parsed.error())));
    const std::vector<std::string> fields = co_await factors_.fields(user, field_names());
    if (fields[settings].empty()) co_return domain::refuse(Code::no_such_user);
    std::optional<PendingPasskey> offered = open_pending(fields[pending], user, vault_);
    const platform::UnixMillis now = platform::wall_now();
    if (!offered || now >= offered->created + pending_lifetime)
        co_return domain::refuse(Code::expired);
    const auto registration =
        platform::verify_registration(*parsed, expectations(party, *offered, now));
    if (!registration) co_return not_accepted(std::string(to_string(registration.error())));

    const std::string tag = passkey_tag(registration->credential_id);
    const std::span<const std::string> slots = passkeys_of(fields);
    if (slot_of_passkey(slots, tag)) co_return not_accepted("is registered already");
    const std::optional<std::size_t> slot = free_slot(slots);
    if (!slot) co_return too_many_passkeys();
    Confirmation confirmation;
    confirmation.passkey =
        made_of(*registration, std::move(parsed->transports), std::move(*offered));
    confirmation.passkey.label = label;
    confirmation.passkey.created = now;
    confirmation.passkey.strong = is_strong(fields[settings], fields[last_auth], now);
    confirmation.slot = *slot;
    confirmation.pending = fields[pending];
    const bool claimed = co_await index_.claim_unheld(tag, user);
    if (!claimed) co_return not_accepted("is registered already");
    const Result<void> stored = co_await put(user, confirmation, asker);
    if (!stored) {
        co_await give_back(tag, user);
        co_return stored.error();
    }
    wake_();
    co_return std::move(confirmation.passkey);
}

/// Unless another request of the same user has bound the same passkey meanwhile.
Awaitable<void> Passkeys::give_back(const std::string& tag, const UserRef& user) {
    const std::vector<std::string> held = co_await index_.tags(user);
    if (std::find(held.begin(), held.end(), tag) != held.end()) co_return;
    const std::vector<std::string> tags(1, tag);
    co_await index_.release(tags, user);
}

Awaitable<Result<void>> Passkeys::put(
    const UserRef& user, const Confirmation& confirmation, Asker asker) {
    store::FactorOrder order;
    order.factor = FactorType::passkey;
    set_asker(order, asker);
    order.enable = true;
    order.notice = seal_notice(MailJob::Kind::factor_added, FactorType::passkey, user, vault_);
    order.pending_field = FactorStore::passkey_pending;
    order.pending_value = confirmation.pending;
    order.values.emplace_back(
        FactorStore::passkeys.at(confirmation.slot),
        seal_passkey(confirmation.passkey, confirmation.slot, user, vault_));
    const store::FactorOutcome outcome = co_await factors_.put(user, order);
    if (outcome.status != FactorStatus::done) co_return refusal_of(outcome.status);
    co_return Result<void>{};
}

Awaitable<Result<FactorView>> Passkeys::rename(
    const UserRef& user, std::string_view factor_id, std::string_view label) {
    const std::optional<std::string> tag = tag_of_factor_id(factor_id);
    if (!tag) co_return domain::refuse(Code::not_enrolled);
    // Whoever signs in with it meanwhile writes the field, too.
    constexpr unsigned max_tries = 8;
    for (unsigned tries = 0; tries < max_tries; ++tries) {
        const std::vector<std::string> fields = co_await factors_.fields(user, field_names());
        if (fields[settings].empty()) co_return domain::refuse(Code::no_such_user);
        const std::span<const std::string> slots = passkeys_of(fields);
        const std::optional<std::size_t> slot = slot_of_passkey(slots, *tag);
        if (!slot) co_return domain::refuse(Code::not_enrolled);
        std::optional<Passkey> passkey = open_passkey(slots[*slot], *slot, user, vault_);
        passkey->label = label;
        const std::string sealed = seal_passkey(*passkey, *slot, user, vault_);
        const bool done = co_await factors_.replace_passkey(user, *slot, slots[*slot], sealed);
        if (done) co_return view_of(*passkey);
    }
    co_return domain::refuse(Code::unavailable);
}

Awaitable<Result<void>> Passkeys::remove(
    const UserRef& user, std::string_view factor_id, Asker asker) {
    const std::optional<std::string> tag = tag_of_factor_id(factor_id);
    if (!tag) co_return domain::refuse(Code::not_enrolled);
    const std::vector<std::string> fields = co_await factors_.fields(user, field_names());
    if (fields[settings].empty()) co_return domain::refuse(Code::no_such_user);
    const std::span<const std::string> slots = passkeys_of(fields);
    const std::optional<std::size_t> slot = slot_of_passkey(slots, *tag);
    if (!slot) co_return domain::refuse(Code::not_enrolled);
    store::RemovalOrder order;
    order.factors = order.disable = FactorType::passkey;
    set_asker(order, asker);
    order.must_be_bound = true;
    order.notice = seal_notice(MailJob::Kind::factor_removed, FactorType::passkey, user, vault_);
    order.expected_field = FactorStore::passkeys.at(*slot);
    order.expected_begin = slots[*slot].substr(0, 1 + store::passkey_tag_bytes);
    for (const char* field : FactorStore::passkeys)
        if (field != order.expected_field) order.others.emplace_back(field);
    // An attempt in flight would write it back.
    order.fields = {order.expected_field, mark_field(FactorType::passkey)};
    const store::FactorOutcome outcome = co_await factors_.remove(user, order);
    if (outcome.status != FactorStatus::done) co_return refusal_of(outcome.status);
    const std::vector<std::string> tags{*tag};
    co_await index_.release(tags, user);
    wake_();
    co_return Result<void>{};
}

} // namespace mfad::service
