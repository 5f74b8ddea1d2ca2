#include "mfad/store/credential_store.hpp"

#include "json_record.hpp"
#include "scripts.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/json_text.hpp"

#include <algorithm>

namespace mfad::store {
namespace {

using runtime::Awaitable;

constexpr int record_version = 1;
constexpr std::size_t id_length = 16;

std::string encode(const domain::Credential& credential) {
    platform::JsonText json;
    json.begin_object().member("v", record_version).member("kind", to_string(credential.kind));
    json.member("tenant", credential.tenant);
    if (!credential.user.empty()) json.member("user", credential.user);
    json.key("permissions").raw(credential.permissions_json);
    if (credential.created_at)
        json.member("created", credential.created_at->time_since_epoch().count());
    if (credential.expires_at)
        json.member("expires", credential.expires_at->time_since_epoch().count());
    return std::move(json.end_object()).str();
}

domain::Credential decode(std::string_view digest, std::string_view text) {
    const JsonRecord record(text, record_version);
    domain::Credential credential;
    credential.id = digest.substr(0, id_length);
    const auto kind = domain::credential_kind(record.text("kind"));
    if (!kind) throw Corrupt("a credential of an unknown kind");
    credential.kind = *kind;
    credential.tenant = record.text("tenant");
    credential.user = record.text_or_empty("user");
    credential.permissions_json = record.raw("permissions");
    credential.permissions = record.permissions("permissions");
    credential.created_at = record.time("created");
    credential.expires_at = record.time("expires");
    return credential;
}

std::string encode(const PanelAccount& account) {
    platform::JsonText json;
    json.begin_object().member("v", record_version).member("tenant", account.tenant);
    json.member("password_hash", account.password_hash);
    json.key("permissions").raw(account.permissions_json);
    return std::move(json.end_object()).str();
}

std::string digest_of_key(std::string_view key) {
    return std::string(key.substr(Keys::credential_prefix.size()));
}

} // namespace

std::string credential_digest(std::string_view secret) {
    return platform::hex(platform::sha256(secret));
}

PanelAccount read_panel_account(const std::string& login, std::string_view text) {
    const JsonRecord record(text, record_version);
    PanelAccount account;
    account.login = login;
    account.tenant = record.text("tenant");
    account.password_hash = record.text("password_hash");
    account.permissions_json = record.raw("permissions");
    account.permissions = record.permissions("permissions");
    return account;
}

Awaitable<std::optional<domain::Credential>> CredentialStore::find(
    const std::string& digest) const {
    redis::Command command("GET");
    command.arg(context_.keys().credential(digest));
    const redis::Reply reply = co_await context_.exec(command);
    if (reply.is_nil()) co_return std::nullopt;
    co_return decode(digest, reply.text());
}

Awaitable<void> CredentialStore::put(
    const std::string& digest, const domain::Credential& credential) const {
    redis::Command command("SET");
    command.arg(context_.keys().credential(digest)).arg(encode(credential));
    if (credential.expires_at)
        command.arg("PXAT").arg(credential.expires_at->time_since_epoch().count());
    if (credential.user.empty()) {
        co_await context_.exec(command);
        co_return;
    }
    // Known to his record first, so that who removes him finds it.
    const domain::UserRef user{credential.tenant, credential.user};
    const std::string known = context_.keys().credentials(user);
    redis::Command note("ZADD");
    if (credential.expires_at)
        note.arg(known).arg(credential.expires_at->time_since_epoch().count()).arg(digest);
    else
        note.arg(known).arg("+inf").arg(digest);
    // What is over by any clock is gone on its own.
    const auto over = platform::wall_now() - std::chrono::hours(1);
    redis::Command prune("ZREMRANGEBYSCORE");
    prune.arg(known).arg("-inf").arg(over.time_since_epoch().count());
    co_await context_.exec(note, prune);
    co_await context_.exec(command);
}

Awaitable<bool> CredentialStore::remove(const std::string& digest) const {
    redis::Command command("DEL");
    command.arg(context_.keys().credential(digest));
    const redis::Reply reply = co_await context_.exec(command);
    co_return reply.integer() == 1;
}

Awaitable<std::vector<std::string>> CredentialStore::digests_of(const std::string& id) const {
    std::vector<std::string> digests;
    std::string cursor = "0";
    do {
        redis::Command command("SCAN");
        command.arg(cursor).arg("MATCH").arg(context_.keys().credential(id) + "*");
        command.arg("COUNT").arg(1000);
        const redis::Reply page = co_await context_.exec(command);
        cursor = page.at(0).text();
        const auto keys = page.at(1);
        for (std::size_t i = 0; i < keys.size(); ++i)
            digests.push_back(digest_of_key(keys.at(i).text()));
    } while (cursor != "0");
    // A scan may name a key twice.
    std::sort(digests.begin(), digests.end());
    digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
    co_return digests;
}

Awaitable<std::vector<domain::Credential>> CredentialStore::list(const std::string& tenant) const {
    std::vector<domain::Credential> credentials;
    const std::vector<std::string> digests = co_await digests_of("");
    for (const std::string& digest : digests) {
        std::optional<domain::Credential> credential = co_await find(digest);
        if (credential && (tenant.empty() || credential->tenant == tenant))
            credentials.push_back(std::move(*credential));
    }
    co_return credentials;
}

Awaitable<std::optional<PanelAccount>> CredentialStore::panel_account(
    const std::string& login) const {
    redis::Command command("GET");
    command.arg(context_.keys().panel_account(login));
    const redis::Reply reply = co_await context_.exec(command);
    if (reply.is_nil()) co_return std::nullopt;
    co_return read_panel_account(login, reply.text());
}

Awaitable<bool> CredentialStore::put_panel_account(const PanelAccount& account) const {
    const std::string key = context_.keys().panel_account(account.login);
    redis::Command claim("SET"); // a login that two tenants claim at once is the first one's
    claim.arg(key).arg(encode(account)).arg("NX").arg("GET");
    const redis::Reply known = co_await context_.exec(claim);
    if (known.is_nil()) co_return true;
    if (read_panel_account(account.login, known.text()).tenant != account.tenant) co_return false;
    redis::Command command("SET");
    command.arg(key).arg(encode(account));
    co_await context_.exec(command);
    co_return true;
}

Awaitable<AttemptTaken> CredentialStore::take_attempt(
    const std::string& login, unsigned limit, std::chrono::milliseconds period) const {
    AttemptTaken taken;
    taken.name = platform::random_bytes(16);
    redis::Command command = redis::Command::eval(scripts::take_attempt, 1);
    command.arg(context_.keys().panel_attempts(login)).arg(limit).arg(period.count());
    command.arg(taken.name);
    const redis::Reply reply = co_await context_.eval(scripts::take_attempt, command);
    taken.wait = std::chrono::milliseconds{reply.at(1).integer()};
    co_return taken;
}

Awaitable<void> CredentialStore::forget_attempt(
    const std::string& login, const std::string& name) const {
    redis::Command command("ZREM");
    command.arg(context_.keys().panel_attempts(login)).arg(name);
    co_await context_.exec(command);
}

Awaitable<void> CredentialStore::clear_attempts(const std::string& login) const {
    redis::Command command("DEL");
    command.arg(context_.keys().panel_attempts(login));
    co_await context_.exec(command);
}

} // namespace mfad::store
