#pragma once

#include "mfad/domain/challenge.hpp"
#include "mfad/domain/factor.hpp"
#include "mfad/domain/identity.hpp"
#include "mfad/domain/rate_limit.hpp"
#include "mfad/store/audit_store.hpp"
#include "mfad/store/context.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mfad::store {

/// A challenge, and whose it is: both are in its token, so that no look-up is needed to find them.
struct ChallengeRef {
    domain::UserRef user;
    std::string id;
};

/// A remembered device, and the generation of its token: each use has a successor.
struct DeviceToken {
    std::string id; ///< 11 characters
    std::uint32_t generation = 0;
};

/// How it stands with the device that a challenge was opened with. The values are those of
/// `scripts/lib/device.lua`.
enum class DeviceState : std::uint8_t {
    unknown = 0, ///< none was named, or it is not remembered (any more)
    known = 1,
    stolen = 2, ///< an old token came again; the device is forgotten
};

struct ChallengeOrder {
    std::chrono::milliseconds lifetime{0};
    domain::FactorSet wanted;   ///< empty: any
    domain::FactorSet too_weak; ///< for what is demanded
    bool recovers = false;      ///< lost factors, by what is left: address and recovery codes
    std::string address;        ///< of the user, as the host saw it; empty: it told none
    std::optional<DeviceToken> device;
    std::string stolen_notice;       ///< sealed mail; needed with a device
    std::vector<std::string> fields; ///< of his record, handed out when a passkey may pass it
};

/// What became of the wish for a challenge. The values are those of `open_challenge.lua`.
struct ChallengeOpened {
    enum class Outcome : std::uint8_t {
        opened = 0,
        no_such_tenant = 1,
        no_such_user = 2,
        nothing_asked = 3,
        unbound = 4,      ///< of what is asked and strong enough nothing is bound
        all_disabled = 5, ///< by failures
        not_usable = 6,   ///< none of the wanted factors can be used
    };
    Outcome outcome = Outcome::no_such_user;
    domain::FactorSet factors; ///< that may pass it
    platform::UnixMillis ends{};
    DeviceState device = DeviceState::unknown;
    std::uint32_t device_generation = 0; ///< of its next token, when it is known
    std::vector<std::string> fields;     ///< empty where there is none
};

struct ChallengeCodeOrder {
    std::string digest; ///< keyed, of the code
    std::string job;    ///< sealed mail
    std::string job_id; ///< 16 bytes
    std::chrono::milliseconds lifetime{0};
    domain::RatePolicy gap;
    domain::RatePolicy budget;
};

struct ChallengeCodeSent {
    domain::ChallengeState state = domain::ChallengeState::unknown;
    platform::UnixMillis ends{}; ///< of the code
    std::chrono::milliseconds retry_after{0};
};

/// What became of an attempt, by the store's clock.
struct Attempt {
    domain::ChallengeState state = domain::ChallengeState::unknown;
    platform::UnixMillis now{};
    unsigned tries_left = 0;           ///< of the challenge
    std::chrono::milliseconds wait{0}; ///< until the next try with this factor
};

/// What a comparison with a sealed key needs; a field that is not there is empty.
struct SealedFields {
    platform::UnixMillis now{};   ///< by the store's clock
    platform::UnixMillis fence{}; ///< what came before may have been accepted and forgotten
    std::vector<std::string> fields;
};

/// How a code compared with a user's app.
struct Compared {
    /// The values are those of `verify_challenge.lua`.
    enum class Found : std::uint8_t {
        wrong = 0,
        right = 1,
        spent = 2,
        malformed = 3, ///< of another length than his app's
        too_weak = 4,  ///< the app, for what is demanded
    };
    Found found = Found::wrong;
    std::int64_t step = 0;  ///< of the right code
    std::string sealed_key; ///< the key, as it was read; empty: there was none
};

/// An attempt that was begun, with the fields of the user's record that were asked for; a field
/// that is not there is empty.
struct AttemptBegun {
    Attempt attempt;
    platform::UnixMillis fence{}; ///< what came before may have been accepted and forgotten
    std::vector<std::string> fields;
};

/// Sealed mails that an attempt may owe.
struct AttemptNotices {
    std::string factor_disabled; ///< its failures were too many
    std::string device_revoked;  ///< those of the remembered device were
    std::string code_used;       ///< a recovery code was; empty for other factors
};

/// What became of the mail with the last code of a challenge; the values are those of LinkMail.
enum class CodeMail : std::uint8_t { none = 0, owed = 1, sent = 2, dead = 3, dropped = 4 };

/// How a challenge stands, for who opened it.
struct ChallengeRecord {
    domain::UserRef user;
    domain::FactorSet factors;
    platform::UnixMillis ends{};
    unsigned wrong_tries = 0;
    std::optional<platform::UnixMillis> passed;
    unsigned codes_sent = 0;
    CodeMail mail = CodeMail::none;
    std::string code_address; ///< digest of the address that the last code went to
    bool fenced = false;      ///< over, since the store was started anew after it was opened
};

/// Challenges, and the attempts to pass them.
class ChallengeStore {
public:
    using FieldValues = std::vector<std::pair<std::string, std::string>>;
    enum class Found : std::uint8_t { wrong = 0, right = 1, spent = 2, no_verdict = 3 };

    /// @param tries wrong ones that end a challenge; only reading does without
    explicit ChallengeStore(const Context& context, unsigned tries = 0)
        : context_(context), tries_(tries) {}

    runtime::Awaitable<ChallengeOpened> open(
        const ChallengeRef& challenge, const ChallengeOrder& order) const;

    runtime::Awaitable<ChallengeCodeSent> send_code(
        const ChallengeRef& challenge, const ChallengeCodeOrder& order) const;

    /// Reads fields of a user's record for a comparison.
    runtime::Awaitable<SealedFields> read_sealed(
        const domain::UserRef& user, std::span<const std::string> fields) const;

    /// Settles an attempt with a code that was compared with his app, in one step: it passes only
    /// while the key that was read is his, and no step passes twice. @return `busy` when he has got
    /// another key meanwhile: it counts as nothing
    runtime::Awaitable<Attempt> verify(
        const ChallengeRef& challenge, const Compared& compared,
        const AttemptNotices& notices) const;

    /// Checks a code whose digest is stored, in one step: of an email or a recovery code.
    runtime::Awaitable<Attempt> verify(
        const ChallengeRef& challenge, domain::FactorType factor,
        std::span<const std::string> digests, const AttemptNotices& notices) const;

    /// Begins an attempt that costs the caller something to compare, and marks it for `mark`.
    /// @param attempt_id 8 random bytes
    runtime::Awaitable<AttemptBegun> begin(
        const ChallengeRef& challenge, domain::FactorType factor, const std::string& attempt_id,
        std::chrono::milliseconds mark, std::span<const std::string> fields,
        const AttemptNotices& notices) const;

    /// @param values written to the user's record when it was right
    /// @param notices those that may be owed
    runtime::Awaitable<Attempt> finish(
        const ChallengeRef& challenge, domain::FactorType factor, const std::string& attempt_id,
        Found found, const FieldValues& values, const AttemptNotices& notices) const;

    runtime::Awaitable<std::optional<ChallengeRecord>> read(
        unsigned partition, const std::string& id) const;
    runtime::Awaitable<std::optional<ChallengeRecord>> read(
        const domain::UserRef& user, const std::string& id) const;

private:
    const Context& context_;
    unsigned tries_;
};

} // namespace mfad::store
