#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/platform/clock.hpp"
#include "mfad/store/context.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::store {

/// Bytes that stand for a credential id: the first of its SHA-256.
inline constexpr std::size_t passkey_tag_bytes = 16;

/// What a stored passkey (`FactorStore::passkeys`) begins with: version (1 byte), then its tag.
/// @return nothing for an empty field @throws Corrupt for another format
std::optional<std::string_view> tag_of_passkey(std::string_view stored);

/// Whose a passkey is. It lies apart from the user's record: whoever finds a user here has to see
/// whether he holds the passkey.
class PasskeyIndex {
public:
    struct Claim {
        domain::UserRef user;
        platform::UnixMillis at{};
        std::string raw;
    };

    explicit PasskeyIndex(const Context& context) : context_(context) {}

    /// @param tag `passkey_tag_bytes` of the credential id
    runtime::Awaitable<std::optional<Claim>> owner(const std::string& tag) const;

    /// Claims a passkey for a user. @param voided `raw` of another's claim that is taken over
    /// @return another's claim, which stands; nothing when it is the user's now
    runtime::Awaitable<std::optional<Claim>> claim(
        const std::string& tag, const domain::UserRef& user, const std::string& voided) const;

    /// Claims a passkey unless it is another's: his claim stands while he holds it, and for a
    /// minute after it was made, in which he may be about to. @return whether it is the user's now
    runtime::Awaitable<bool> claim_unheld(
        const std::string& tag, const domain::UserRef& user) const;

    /// Takes look-ups away that lead to this user.
    runtime::Awaitable<void> release(
        const std::vector<std::string>& tags, const domain::UserRef& user) const;

    /// The tags of the passkeys that a user holds.
    runtime::Awaitable<std::vector<std::string>> tags(const domain::UserRef& user) const;

    /// Whether this assertion is seen for the first time. @param digest at least 16 bytes
    /// @param lifetime how long it could be used again
    runtime::Awaitable<bool> spend(
        const std::string& digest, std::chrono::milliseconds lifetime) const;

private:
    const Context& context_;
};

} // namespace mfad::store
