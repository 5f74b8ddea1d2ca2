#include "mfad/store/user_store.hpp"

#include "scripts.hpp"

namespace mfad::store {
namespace {

using runtime::Awaitable;

// One address may belong to several users: their ids, which never hold one, are separated by a
// space.
constexpr char separator = ' ';
const std::string as_it_is = "="; // to put_user.lua; neither a digest nor a language

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

} // namespace

Awaitable<UserStore::Put> UserStore::put(const UserRecord& record) const {
    const Keys& keys = context_.keys();
    if (record.address && !record.address->digest.empty())
        co_await index_address(record.user, record.address->digest);

    redis::Command command = redis::Command::eval(scripts::put_user, 2);
    command.arg(keys.user(record.user))
        .arg(keys.rules(keys.partition(record.user), record.user.tenant));
    command.arg(record.only_if_new ? 1 : 0);
    command.arg(record.address ? record.address->sealed : "");
    command.arg(record.address ? record.address->digest : as_it_is);
    command.arg(record.locale ? *record.locale : as_it_is);
    command.arg(record.allowed ? static_cast<int>(record.allowed->bits()) : -1);
    command.arg(record.enabled ? static_cast<int>(record.enabled->bits()) : -1);
    command.arg(static_cast<unsigned>(record.change_restricted));
    command.arg(record.last_auth_time ? record.last_auth_time->time_since_epoch().count() : -1);
    const redis::Reply reply = co_await context_.eval(scripts::put_user, command);
    co_return static_cast<Put>(reply.integer());
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
    if (fields.at(0).is_nil()) co_return std::nullopt;
    Contact contact;
    contact.address.sealed = text_or_empty(fields.at(1));
    contact.address.digest = text_or_empty(fields.at(2));
    contact.locale = text_or_empty(fields.at(3));
    contact.current_link = text_or_empty(fields.at(4));
    co_return contact;
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

} // namespace mfad::store
