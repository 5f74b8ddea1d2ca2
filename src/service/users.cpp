#include "mfad/service/users.hpp"

#include "mfad/platform/encoding.hpp"
#include "mfad/service/addresses.hpp"
#include "mfad/service/settings_service.hpp"

namespace mfad::service {
namespace {

using domain::Permission;
using domain::Refusal;
using domain::Result;
using platform::SealPurpose;
using runtime::Awaitable;
using store::Replay;
using store::UserStore;
using Code = Refusal::Code;

/// Cursors are sealed: what they hold is the store's, and nobody else's.
platform::Place cursor_place(const std::string& tenant) {
    return platform::Place().part("users_cursor").part(tenant);
}

} // namespace

UserView Users::view(const domain::UserRef& user, const store::Contact& contact) {
    return {user.user, open_address(contact.address, user, vault_), contact.locale};
}

Awaitable<Result<UserView>> Users::find(const Call& call, const std::string& user) {
    const domain::UserRef ref{call.tenant->id, user};
    const std::optional<store::Contact> contact = co_await users_.contact(ref);
    if (!contact) co_return domain::refuse(Code::no_such_user);
    co_return view(ref, *contact);
}

Awaitable<Result<bool>> Users::put(Call& call, const UserView& user) {
    store::UserRecord record;
    record.user = {call.tenant->id, user.id};
    record.address.emplace();
    if (user.email) record.address = seal_address(*user.email, record.user, vault_);
    add_moved_notice(record, vault_);
    record.locale = user.locale;
    record.may_be_created = call.caller.permissions.has(Permission::users_create);
    record.may_be_changed = call.caller.permissions.has(Permission::users_update);
    const auto entry = idempotency_of(call, context_.keys(), lifetimes_);
    const store::Idempotency* const key = entry ? &*entry : nullptr;
    const UserStore::PutOutcome outcome = co_await users_.put(record, key);
    if (outcome.replay == Replay::key_reused) co_return domain::refuse(Code::key_reused);
    switch (outcome.put) {
    case UserStore::Put::no_such_tenant: co_return domain::refuse(Code::no_such_tenant);
    case UserStore::Put::not_permitted: co_return domain::refuse(Code::forbidden);
    case UserStore::Put::unchanged:
    case UserStore::Put::changed: co_return false;
    case UserStore::Put::created: break;
    }
    if (outcome.replay == Replay::fresh && user.email)
        co_await users_.index_address(record.user, record.address->digest);
    co_return true;
}

Awaitable<Result<void>> Users::remove(Call& call, const std::string& user) {
    const domain::UserRef ref{call.tenant->id, user};
    const auto entry = idempotency_of(call, context_.keys(), lifetimes_);
    const store::Idempotency* const key = entry ? &*entry : nullptr;
    const store::Removal removal = co_await users_.remove(ref, key);
    if (removal.replay == Replay::key_reused) co_return domain::refuse(Code::key_reused);
    if (removal.status != domain::ChangeStatus::done)
        co_return domain::refuse(refusal_code(removal.status));
    co_return Result<void>{};
}

Awaitable<std::vector<UserView>> Users::read(
    const std::string& tenant, const std::vector<std::string>& users) {
    const auto contacts = co_await users_.contacts(tenant, users);
    std::vector<UserView> views;
    for (std::size_t i = 0; i < users.size(); ++i)
        if (contacts[i]) views.push_back(view({tenant, users[i]}, *contacts[i]));
    co_return views;
}

Awaitable<Result<std::vector<UserView>>> Users::by_email(const Call& call, std::string_view email) {
    const auto address = domain::EmailAddress::parse(email);
    if (!address)
        co_return domain::refuse(Code::invalid, "email", std::string(to_string(address.error())));
    const std::string& tenant = call.tenant->id;
    const std::string digest = address_digest(*address, tenant, vault_);
    const std::vector<std::string> found = co_await users_.find_by_address(tenant, digest);
    co_return co_await read(tenant, found);
}

Awaitable<Result<UserPage>> Users::list(const Call& call, std::string_view cursor) {
    const std::string& tenant = call.tenant->id;
    std::string position;
    if (!cursor.empty()) {
        const auto sealed = platform::from_base64url(cursor);
        const auto opened = vault_.sealer.open(
            SealPurpose::tenant, cursor_place(tenant), sealed.value_or(std::string()));
        if (!opened) co_return domain::refuse(Code::invalid, "cursor", "is none of this listing's");
        position = *opened;
    }
    const store::UserBatch batch = co_await users_.list(tenant, position);
    UserPage page;
    page.users = co_await read(tenant, batch.users);
    if (!batch.cursor.empty())
        page.cursor = platform::base64url(
            vault_.sealer.seal(SealPurpose::tenant, cursor_place(tenant), batch.cursor));
    co_return page;
}

} // namespace mfad::service
