#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/domain/rate_limit.hpp"
#include "mfad/domain/settings.hpp"
#include "mfad/store/context.hpp"
#include "mfad/store/settings_store.hpp"

#include <optional>
#include <span>
#include <string>

namespace mfad::store {

/// How it stands with an enrollment link (`scripts/lib/link.lua`).
enum class LinkState : std::uint8_t {
    open = 0,
    unknown = 1,
    expired = 2,
    used = 3,
    superseded = 4,  ///< a newer link was made, or the address changed
    exhausted = 5,   ///< too many wrong codes
    restricted = 6,  ///< the user may not change his settings, and the link was not a server's
    over_budget = 7, ///< no further code may be mailed yet
    no_address = 8,
    wrong_code = 9,
    not_allowed = 10,  ///< nothing that can be bound is allowed; of a code: email is not
    proof_needed = 11, ///< MFA is active: one of its factors first
};

/// What became of the mail that brings a link (`scripts/lib/link.lua`).
enum class LinkMail : std::uint8_t {
    none = 0,    ///< it was not to be mailed, or the budget of mails forbade it
    owed = 1,    ///< in the queue, or in a worker's hands
    sent = 2,    ///< a mail server has taken it
    dead = 3,    ///< given up: refused for good, or never taken while it was of use
    dropped = 4, ///< not worth sending any more when its turn came
};

/// Where a link's record lies. The partition is part of the token.
struct LinkRef {
    unsigned partition = 0;
    std::string id;
};

/// A link and the user whom it was made for.
struct Link {
    domain::UserRef user;
    LinkState state = LinkState::unknown;
    LinkKind kind = LinkKind::none;
    platform::UnixMillis ends{};
    domain::MfaState mfa;                          ///< of the user, now
    std::optional<platform::UnixMillis> code_ends; ///< of the last code that was sent and counts
    LinkMail mail = LinkMail::none;
    domain::FactorSet factors; ///< what it was made for; empty: whatever is allowed
    bool by_server = false;    ///< a server or session caused it
};

/// From where a link's code is asked for.
enum class CodeAsker : std::uint8_t {
    link = 0,   ///< by the link itself
    visit = 1,  ///< in a visit that it began
    proved = 2, ///< in one in which a factor was passed
};

struct CodeOrder {
    std::string digest; ///< keyed digest of the code, bound to the link
    std::string job;    ///< sealed mail job
    std::chrono::milliseconds lifetime{0};
    unsigned tries = 0; ///< wrong codes that end the link
    CodeAsker asker = CodeAsker::link;
    domain::RatePolicy gap;
    domain::RatePolicy budget;
};

/// A code that was typed.
struct CodeCheck {
    std::span<const std::string> digests; ///< keyed, under each pepper
    unsigned tries = 0;                   ///< wrong codes that end the link
    CodeAsker asker = CodeAsker::link;
    std::string public_id; ///< of the link, for the audit
    std::string notice;    ///< sealed mail that tells of a factor that is bound by it
};

struct CodeSent {
    LinkState state = LinkState::unknown;
    platform::UnixMillis ends{};              ///< of the code
    std::chrono::milliseconds retry_after{0}; ///< when over the budget
};

struct CodeChecked {
    LinkState state = LinkState::unknown; ///< open: the code was right, and the link is spent now
    unsigned tries_left = 0;
    domain::MfaState after;
};

/// Enrollment links, as the pages follow them. A link is made by the change that owes it
/// (SettingsStore).
class LinkStore {
public:
    explicit LinkStore(const Context& context) : context_(context) {}

    /// The user whom a link was made for; nothing for an unknown one.
    runtime::Awaitable<std::optional<domain::UserRef>> owner(const LinkRef& link) const;

    /// How a link stands; changes nothing. @param tries wrong codes that end the link
    runtime::Awaitable<Link> read(
        const LinkRef& link, const domain::UserRef& user, unsigned tries) const;

    runtime::Awaitable<CodeSent> send_code(
        const LinkRef& link, const domain::UserRef& user, const CodeOrder& order) const;

    runtime::Awaitable<CodeChecked> verify_code(
        const LinkRef& link, const domain::UserRef& user, const CodeCheck& check) const;

private:
    const Context& context_;
};

} // namespace mfad::store
