#include "mfad/store/user_store.hpp"

#include "audit.hpp"
#include "decode.hpp"
#include "scripts.hpp"

#include "mfad/store/passkey_index.hpp"

#include <algorithm>

namespace mfad::store {
namespace {

using runtime::Awaitable;

// One address may belong to several users: their ids, which never hold one, are separated by a
// space.
constexpr char separator = ' ';
const std::string as_it_is = "=";         // to put_user.lua; neither a digest nor a language
constexpr std::size_t digest_length = 64; // of a credential, in hexadecimal

// How much of the database one batch of users looks at: some milliseconds of Redis' time.
const std::string scan_begin = "0";
constexpr unsigned scan_looks = 20;
constexpr unsigned scan_count = 200;
constexpr std::size_t scan_enough = 100;
// Longer than the notice that needs it may wait.
constexpr std::chrono::milliseconds old_address_lifetime = std::chrono::hours(49);

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::string text_or_empty(redis::ReplyView value) {
    return value.is_nil() ? std::string() : std::string(value.text());
}

/// Of an HMGET of `s e h l g`. @return nothing when there is no such user
std::optional<Contact> decode_contact(redis::ReplyView fields) {
    if (fields.at(0).is_nil()) return std::nullopt;
    Contact contact;
    contact.address.sealed = text_or_empty(fields.at(1));
    contact.address.digest = text_or_empty(fields.at(2));
    contact.locale = text_or_empty(fields.at(3));
    contact.current_link = text_or_empty(fields.at(4));
    return contact;
}

/// The call that stores a user.
redis::Command put_command(
    const Context& context, const UserRecord& record, const Idempotency* idempotency) {
    const Keys& keys = context.keys();
    const unsigned partition = keys.partition(record.user);
    redis::Command command =
        redis::Command::eval(scripts::put_user, idempotency != nullptr ? 7 : 6);
    command.arg(keys.user(record.user)).arg(keys.rules(partition, record.user.tenant));
    command.arg(keys.devices(record.user)).arg(keys.audit(partition));
    command.arg(keys.due(partition, MailClass::notice));
    command.arg(keys.old_address(partition, record.moved_notice_id));
    if (idempotency != nullptr) command.arg(idempotency->record);
    command.arg(record.only_if_new ? 1 : 0);
    command.arg(record.address ? record.address->sealed : "");
    command.arg(record.address ? record.address->digest : as_it_is);
    command.arg(record.locale ? *record.locale : as_it_is);
    command.arg(record.allowed ? static_cast<int>(record.allowed->bits()) : -1);
    command.arg(record.enabled ? static_cast<int>(record.enabled->bits()) : -1);
    command.arg(static_cast<unsigned>(record.change_restricted));
    command.arg(record.last_auth_time ? record.last_auth_time->time_since_epoch().count() : -1);
    command.arg(
        (record.may_be_created ? 1 : 0) + (record.may_be_changed ? 2 : 0) +
        (record.own_setting ? 0 : 4) + (record.address_verified ? 8 : 0));
    command.arg(record.version);
    command.arg(record.moved_notice).arg(old_address_lifetime.count());
    command.arg(audit_context(context, record.user, {record.by}));
    if (idempotency != nullptr)
        command.arg(idempotency->fingerprint).arg(idempotency->lifetime.count());
    return command;
}

} // namespace

Awaitable<UserStore::Put> UserStore::put(const UserRecord& record) const {
    const PutOutcome outcome = co_await put(record, nullptr);
    co_return outcome.put;
}

Awaitable<UserStore::PutOutcome> UserStore::put(
    const UserRecord& record, const Idempotency* idempotency) const {
    if (record.address && !record.address->digest.empty())
        co_await index_address(record.user, record.address->digest);
    const redis::Command command = put_command(context_, record, idempotency);
    const redis::Reply reply = co_await context_.eval(scripts::put_user, command);
    const ScriptOutcome decoded = decode_outcome(reply);
    PutOutcome outcome;
    outcome.replay = decoded.replay;
    if (decoded.replay != Replay::key_reused)
        outcome.put = static_cast<Put>(platform::PackedReader(decoded.outcome).u8());
    // The look-up came first; nobody is to be found by what was refused.
    const bool refused = outcome.put == Put::not_permitted || outcome.replay == Replay::key_reused;
    if (refused && record.address) co_await forget_address(record.user, record.address->digest);
    co_return outcome;
}

Awaitable<Removal> UserStore::remove(
    const domain::UserRef& user, const Idempotency* idempotency) const {
    const Keys& keys = context_.keys();
    const std::optional<Contact> found = co_await this->contact(user);
    const Contact contact = found.value_or(Contact());
    const PasskeyIndex passkeys(context_);
    const std::vector<std::string> tags = co_await passkeys.tags(user);
    redis::Command command =
        redis::Command::eval(scripts::delete_user, idempotency != nullptr ? 6 : 5);
    command.arg(keys.user(user)).arg(keys.credentials(user));
    std::string link = contact.current_link;
    if (link.starts_with('+')) link.erase(0, 1); // it was used
    command.arg(keys.link(keys.partition(user), link));
    command.arg(keys.devices(user)).arg(keys.audit(keys.partition(user)));
    if (idempotency != nullptr) command.arg(idempotency->record);
    command.arg(contact.current_link).arg(audit_context(context_, user, {Actor::host}));
    if (idempotency != nullptr)
        command.arg(idempotency->fingerprint)
            .arg(idempotency->lifetime.count())
            .arg(idempotency->storable);
    const redis::Reply reply = co_await context_.eval(scripts::delete_user, command);
    const ScriptOutcome decoded = decode_outcome(reply);
    Removal removal;
    removal.replay = decoded.replay;
    if (decoded.replay == Replay::key_reused) co_return removal;
    platform::PackedReader packed(decoded.outcome);
    removal.status = static_cast<domain::ChangeStatus>(packed.u8());
    co_await forget_credentials(packed.rest());
    if (removal.replay != Replay::fresh) co_return removal;
    co_await passkeys.release(tags, user);
    co_await forget_address(user, contact.address.digest);
    co_return removal;
}

Awaitable<void> UserStore::forget_credentials(std::string_view digests) const {
    while (!digests.empty()) {
        redis::Command command("DEL");
        command.arg(context_.keys().credential(digests.substr(0, digest_length)));
        co_await context_.exec(command);
        digests.remove_prefix(std::min(digest_length, digests.size()));
    }
}

Awaitable<void> UserStore::forget_address(
    const domain::UserRef& user, const std::string& digest) const {
    if (digest.empty()) co_return;
    redis::Command command = redis::Command::eval(scripts::unindex_address, 1);
    command.arg(context_.keys().addresses(user.tenant, digest)).arg(digest).arg(user.user);
    co_await context_.eval(scripts::unindex_address, command);
    // He may have been created again meanwhile, and have to be found.
    const std::optional<Contact> again = co_await contact(user);
    if (again && again->address.digest == digest) co_await index_address(user, digest);
}

Awaitable<void> UserStore::index_address(
    const domain::UserRef& user, const std::string& digest) const {
    const std::string bucket = context_.keys().addresses(user.tenant, digest);
    // The usual case, an address of one user, takes no script: that halves what this costs.
    redis::Command claim("HSETNX");
    claim.arg(bucket).arg(digest).arg(user.user);
    redis::Command look("HGET");
    look.arg(bucket).arg(digest);
    const auto replies = co_await context_.exec(claim, look);
    if (replies.second.text() == user.user) co_return;

    redis::Command command = redis::Command::eval(scripts::index_address, 1);
    command.arg(bucket).arg(digest).arg(user.user);
    co_await context_.eval(scripts::index_address, command);
}

Awaitable<std::optional<Contact>> UserStore::contact(const domain::UserRef& user) const {
    redis::Command command("HMGET");
    command.arg(context_.keys().user(user)).arg("s").arg("e").arg("h").arg("l").arg("g");
    const redis::Reply fields = co_await context_.exec(command);
    co_return decode_contact(fields.view());
}

Awaitable<std::vector<std::optional<Contact>>> UserStore::contacts(
    const std::string& tenant, std::span<const std::string> users) const {
    std::vector<std::optional<Contact>> contacts;
    if (users.empty()) co_return contacts;
    redis::Command command = redis::Command::eval(scripts::read_contacts, users.size());
    for (const std::string& user : users) {
        const domain::UserRef ref{tenant, user};
        command.arg(context_.keys().user(ref));
    }
    const redis::Reply reply = co_await context_.eval(scripts::read_contacts, command);
    for (std::size_t i = 0; i < users.size(); ++i)
        contacts.push_back(decode_contact(reply.at(i)));
    co_return contacts;
}

Awaitable<std::string> UserStore::old_address(
    const domain::UserRef& user, const std::string& job_id) const {
    redis::Command command("GET");
    command.arg(context_.keys().old_address(context_.keys().partition(user), job_id));
    const redis::Reply reply = co_await context_.exec(command);
    co_return text_or_empty(reply.view());
}

Awaitable<bool> UserStore::exists(const domain::UserRef& user) const {
    redis::Command command("EXISTS");
    command.arg(context_.keys().user(user));
    const redis::Reply reply = co_await context_.exec(command);
    co_return reply.integer() == 1;
}

Awaitable<std::vector<std::string>> UserStore::find_by_address(
    const std::string& tenant, const std::string& digest) const {
    redis::Command command("HGET");
    command.arg(context_.keys().addresses(tenant, digest)).arg(digest);
    const redis::Reply reply = co_await context_.exec(command);
    if (reply.is_nil()) co_return std::vector<std::string>{};
    std::vector<std::string> found;
    const std::vector<std::string> candidates = split(reply.text());
    for (const std::string& user : candidates) {
        const domain::UserRef ref{tenant, user};
        const std::optional<Contact> contact = co_await this->contact(ref);
        if (contact && contact->address.digest == digest) found.push_back(user);
    }
    co_return found;
}

Awaitable<UserBatch> UserStore::list(const std::string& tenant, const std::string& cursor) const {
    const std::string pattern = Keys::user_pattern(tenant);
    UserBatch batch;
    batch.cursor = cursor.empty() ? scan_begin : cursor;
    for (unsigned looks = 0; looks < scan_looks && batch.users.size() < scan_enough; ++looks) {
        redis::Command command("SCAN");
        command.arg(batch.cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(scan_count);
        const redis::Reply reply = co_await context_.exec(command);
        const auto keys = reply.at(1);
        for (std::size_t i = 0; i < keys.size(); ++i)
            if (const auto user = Keys::user_of_key(keys.at(i).text(), tenant))
                batch.users.emplace_back(*user);
        batch.cursor = reply.at(0).text();
        if (batch.cursor == scan_begin) {
            batch.cursor.clear();
            break;
        }
    }
    co_return batch;
}

} // namespace mfad::store
