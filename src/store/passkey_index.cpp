#include "mfad/store/passkey_index.hpp"

#include "scripts.hpp"

#include "mfad/platform/packed.hpp"
#include "mfad/store/factor_store.hpp"

#include <algorithm>

namespace mfad::store {
namespace {

using runtime::Awaitable;

constexpr std::uint8_t passkey_version = 1;
constexpr std::chrono::minutes claim_patience{1};

std::string packed_user(const domain::UserRef& user) {
    platform::PackedWriter packed;
    packed.text(user.tenant).text(user.user);
    return std::move(packed).bytes();
}

PasskeyIndex::Claim decode_claim(std::string_view raw) {
    PasskeyIndex::Claim claim;
    claim.raw = raw;
    platform::PackedReader packed(raw);
    const auto millis = static_cast<std::int64_t>(packed.number());
    claim.at = platform::unix_millis(millis);
    claim.user.tenant = packed.text();
    claim.user.user = packed.text();
    return claim;
}

} // namespace

std::optional<std::string_view> tag_of_passkey(std::string_view stored) {
    if (stored.empty()) return std::nullopt;
    if (stored.size() < 1 + passkey_tag_bytes ||
        platform::PackedReader(stored).u8() != passkey_version)
        throw Corrupt("a passkey of an unknown format");
    return stored.substr(1, passkey_tag_bytes);
}

Awaitable<std::optional<PasskeyIndex::Claim>> PasskeyIndex::owner(const std::string& tag) const {
    redis::Command command("GET");
    command.arg(context_.keys().passkey_owner(tag));
    const redis::Reply reply = co_await context_.exec(command);
    std::optional<Claim> claim;
    if (!reply.is_nil()) claim = decode_claim(reply.text());
    co_return claim;
}

Awaitable<std::optional<PasskeyIndex::Claim>> PasskeyIndex::claim(
    const std::string& tag, const domain::UserRef& user, const std::string& voided) const {
    redis::Command command = redis::Command::eval(scripts::claim_passkey, 1);
    command.arg(context_.keys().passkey_owner(tag)).arg(packed_user(user)).arg(voided);
    const redis::Reply reply = co_await context_.eval(scripts::claim_passkey, command);
    std::optional<Claim> claim;
    if (!reply.text().empty()) claim = decode_claim(reply.text());
    co_return claim;
}

Awaitable<bool> PasskeyIndex::claim_unheld(
    const std::string& tag, const domain::UserRef& user) const {
    const std::string none;
    const auto other = co_await claim(tag, user, none);
    if (!other) co_return true;
    if (platform::wall_now() < other->at + claim_patience) co_return false;
    const std::vector<std::string> held = co_await tags(other->user);
    if (std::ranges::find(held, tag) != held.end()) co_return false;
    const auto again = co_await claim(tag, user, other->raw);
    co_return !again;
}

Awaitable<void> PasskeyIndex::release(
    const std::vector<std::string>& tags, const domain::UserRef& user) const {
    for (const std::string& tag : tags) {
        redis::Command command = redis::Command::eval(scripts::release_passkey, 1);
        command.arg(context_.keys().passkey_owner(tag)).arg(packed_user(user));
        co_await context_.eval(scripts::release_passkey, command);
    }
}

Awaitable<std::vector<std::string>> PasskeyIndex::tags(const domain::UserRef& user) const {
    redis::Command command("HMGET");
    command.arg(context_.keys().user(user));
    for (const char* field : FactorStore::passkeys)
        command.arg(field);
    const redis::Reply reply = co_await context_.exec(command);
    std::vector<std::string> tags;
    for (std::size_t i = 0; i < FactorStore::passkeys.size(); ++i)
        if (const auto tag = tag_of_passkey(reply.at(i).text_or_nil().value_or("")))
            tags.emplace_back(*tag);
    co_return tags;
}

Awaitable<bool> PasskeyIndex::spend(
    const std::string& digest, std::chrono::milliseconds lifetime) const {
    redis::Command command("SET");
    command.arg(context_.keys().spent_assertion(digest)).arg("1").arg("NX").arg("PX");
    command.arg(lifetime.count());
    const redis::Reply reply = co_await context_.exec(command);
    co_return !reply.is_nil();
}

} // namespace mfad::store
