#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/domain/relying_party.hpp"
#include "mfad/service/access_token.hpp"
#include "mfad/service/challenge_token.hpp"
#include "mfad/service/factors.hpp"
#include "mfad/service/imported_codes.hpp"
#include "mfad/service/password_pool.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/challenge_store.hpp"
#include "mfad/store/factor_store.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mfad::service {

struct ChallengeOptions {
    std::chrono::milliseconds lifetime{0};
    unsigned tries = 5; ///< wrong ones that end a challenge
    unsigned code_length = 6;
    std::chrono::milliseconds code_lifetime{0};
    domain::RatePolicy code_gap;
    domain::RatePolicy codes; ///< send budget of code mails, a user
};

/// What a host asks for.
struct ChallengeWish {
    domain::FactorSet factors; ///< empty: any
    bool strong = false;       ///< above AAL1: neither a code by mail nor a recovery code will do
    bool recovers = false;     ///< lost factors: by a code by mail or a recovery code alone
    std::string address;       ///< of the user, as the host sees it, for the audit; empty: unknown
    std::string device;        ///< token of a remembered device; empty: none
};

/// The answer to "does this user need a second factor now?".
struct ChallengeAnswer {
    store::ChallengeOpened opened;
    std::string id;    ///< when opened: names the challenge, says nothing of it
    std::string token; ///< when opened: who holds it may try to pass
    /// When opened with a device that is known: its next token, to be kept in place of the one that
    /// was shown. Empty: what was shown is of no use any more.
    std::string device_token;
    /// When a passkey may pass it: PublicKeyCredentialRequestOptionsJSON.
    std::string passkey = {};
};

struct Passed {
    std::string access_token;
    domain::FactorType factor = domain::FactorType::email;
    std::vector<std::string> methods; ///< `amr`
    std::string level;                ///< `acr`
    platform::UnixMillis at{};        ///< `auth_time`
    std::chrono::seconds lifetime{0}; ///< of the token
};

/// A challenge that was passed, before anything is issued for it.
struct Proved {
    domain::UserRef user;
    domain::FactorType factor = domain::FactorType::email;
    std::vector<std::string> methods; ///< `amr`
    bool strong = false;              ///< worth more than AAL1
    platform::UnixMillis at{};
};

struct CodeMailed {
    platform::UnixMillis ends{};
};

/// Second factors at sign-in: a host that has checked its own first factor opens a challenge, and
/// whoever holds its token tries to pass it (docs/dialects.md, "Signing in"). One object a thread.
///
/// A token is the sealed name of its challenge and user: it is stored nowhere, needs no look-up,
/// and cannot be made up. Attempts count against the user only on a live challenge.
class Challenges {
public:
    /// @param wake called when a mail is owed
    Challenges(
        const store::Context& context, Vault& vault, const AccessTokens& tokens,
        PasswordPool& passwords, ChallengeOptions options, std::function<void()> wake);

    /// With the token of a remembered device the attempts on this challenge count at the device and
    /// not at the user, and none of what strangers have spent is in their way.
    /// @param party where the user's passkeys are good
    runtime::Awaitable<ChallengeAnswer> open(
        const domain::UserRef& user, const ChallengeWish& wish, const domain::RelyingParty& party);

    /// Whose challenge a token names, open or over; no look-up is needed. @return nothing for what
    /// is no token of ours
    std::optional<domain::UserRef> holder(std::string_view token);

    /// Has a code mailed.
    /// @return `expired` for a challenge that is over or unknown, or of another tenant; `too_many`
    ///   with a true wait within the gap between two codes or over the budget; `factors_disabled`,
    ///   `not_enrolled`
    runtime::Awaitable<domain::Result<CodeMailed>> send_code(
        std::string_view token, std::string_view tenant);

    /// Tries to pass a challenge with a typed code: by mail, of an authenticator app, or a recovery
    /// code.
    /// @return `invalid` (code) for what cannot be one, which counts as nothing; `wrong_code` with
    ///   the tries left; `already_used` for one that was right before; `expired`, with 0 tries
    ///   left when they were used up; `too_many`, `factors_disabled`, `not_enrolled`;
    ///   `unavailable` when no key signs, or when too many codes from elsewhere are being hashed
    runtime::Awaitable<domain::Result<Passed>> verify(
        std::string_view token, std::string_view tenant, domain::FactorType factor,
        std::string_view code);

    /// Tries to pass a challenge with a passkey: what a browser made of `ChallengeAnswer::passkey`,
    /// an AuthenticationResponseJSON.
    /// @param also_issued challenges for a browser that count as this one's, too
    /// @return `malformed` (credential) for what is none, which counts as nothing; `wrong_code`
    ///   for one that does not pass the checks; else as `verify`
    runtime::Awaitable<domain::Result<Passed>> verify_passkey(
        std::string_view token, std::string_view tenant, const domain::RelyingParty& party,
        std::string_view credential, std::span<const std::string> also_issued = {});

    /// The same two without a token in the end, for who opened the challenge for himself.
    runtime::Awaitable<domain::Result<Proved>> prove(
        std::string_view token, std::string_view tenant, domain::FactorType factor,
        std::string_view code);
    runtime::Awaitable<domain::Result<Proved>> prove_passkey(
        std::string_view token, std::string_view tenant, const domain::RelyingParty& party,
        std::string_view credential, std::span<const std::string> also_issued = {});

    /// How a challenge stands. @return nothing when it is unknown, or another tenant's
    runtime::Awaitable<std::optional<store::ChallengeRecord>> status(
        std::string_view tenant, std::string_view id);

    const ChallengeOptions& options() const { return options_; }

private:
    runtime::Awaitable<store::Attempt> verify_stored(
        const store::ChallengeRef& challenge, domain::FactorType factor, const std::string& code);
    /// The place of a code among those from elsewhere; their number when it is none of them.
    runtime::Awaitable<domain::Result<std::size_t>> find_imported(
        const ImportedCodes& codes, const std::string& code);
    runtime::Awaitable<domain::Result<store::Attempt>> verify_imported(
        const store::ChallengeRef& challenge, const std::string& code);
    runtime::Awaitable<store::Attempt> verify_totp(
        const HeldChallenge& challenge, const std::string& code, bool& strong);
    store::AttemptNotices notices(const domain::UserRef& user, domain::FactorType factor) const;
    domain::Result<Passed> passed(const Proved& proved) const;
    std::string passkey_options_of(
        const store::ChallengeRef& challenge, std::span<const std::string> fields,
        const domain::RelyingParty& party);

    store::Keys keys_;
    store::ChallengeStore challenges_;
    Vault& vault_;
    const AccessTokens& tokens_;
    PasswordPool& passwords_;
    ChallengeOptions options_;
    std::function<void()> wake_;
};

} // namespace mfad::service
