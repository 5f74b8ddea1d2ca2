// Passing a challenge with a passkey.
#include "mfad/service/challenges.hpp"

#include "challenge_rules.hpp"
#include "passkey_attempt.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/log.hpp"
#include "mfad/platform/webauthn_json.hpp"

namespace mfad::service {
namespace {

namespace log = platform::log;
using domain::ChallengeState;
using domain::FactorType;
using domain::Result;
using platform::WebauthnFault;
using runtime::Awaitable;
using store::ChallengeRef;
using store::ChallengeStore;
using Code = domain::Refusal::Code;

platform::Place signed_place(const ChallengeRef& challenge) {
    return platform::Place().part("passkey_challenge").part(challenge.id);
}

/// Browsers say nothing to the user of what was wrong, so the operator is told.
void log_refused(const ChallengeRef& challenge, WebauthnFault fault) {
    const bool cloned = fault == WebauthnFault::sign_count_regression;
    log::event(
        cloned ? log::Level::warn : log::Level::info, "passkey.refused",
        {{"tenant", challenge.user.tenant},
         {"user", challenge.user.user},
         {"fault", to_string(fault)}});
}

domain::Refusal malformed(WebauthnFault fault) {
    return domain::refuse(Code::malformed, "credential", std::string(to_string(fault)));
}

} // namespace

std::string Challenges::passkey_options_of(
    const ChallengeRef& challenge, std::span<const std::string> fields,
    const domain::RelyingParty& party) {
    const std::vector<Passkey> passkeys = open_passkeys(fields, challenge.user, vault_);
    // Derived, not stored: the challenge itself says what is to be signed.
    const std::string to_sign =
        vault_.pepper.digest(platform::DigestPurpose::passkey, signed_place(challenge), party.id);
    return passkey_options(to_sign, passkeys, party);
}

Awaitable<Result<Passed>> Challenges::verify_passkey(
    std::string_view token, std::string_view tenant, const domain::RelyingParty& party,
    std::string_view credential, std::span<const std::string> also_issued) {
    // What is passed now could not be told to anybody.
    const Result<void> ready = tokens_.ready(platform::wall_now());
    if (!ready) co_return ready.error();
    const Result<Proved> proved =
        co_await prove_passkey(token, tenant, party, credential, also_issued);
    if (!proved) co_return proved.error();
    co_return passed(*proved);
}

Awaitable<Result<Proved>> Challenges::prove_passkey(
    std::string_view token, std::string_view tenant, const domain::RelyingParty& party,
    std::string_view credential, std::span<const std::string> also_issued) {
    const std::optional<HeldChallenge> challenge = open_challenge_token(token, tenant, vault_);
    if (!challenge) co_return domain::refuse(Code::expired);
    const auto parsed = platform::parse_assertion_credential(credential);
    if (!parsed) co_return malformed(parsed.error());
    std::vector<std::string> to_sign =
        vault_.pepper.digests(platform::DigestPurpose::passkey, signed_place(*challenge), party.id);
    to_sign.insert(to_sign.end(), also_issued.begin(), also_issued.end());

    static const std::vector<std::string> slots(
        store::FactorStore::passkeys.begin(), store::FactorStore::passkeys.end());
    const std::string id = platform::random_bytes(attempt_id_bytes);
    const store::AttemptNotices owed = notices(challenge->user, FactorType::passkey);
    const store::AttemptBegun begun =
        co_await challenges_.begin(*challenge, FactorType::passkey, id, attempt_mark, slots, owed);
    if (begun.attempt.state != ChallengeState::open) co_return refusal_of(begun.attempt);
    const PasskeyVerdict verdict =
        service::verify_passkey(*parsed, begun.fields, to_sign, party, challenge->user, vault_);
    if (verdict.fault) log_refused(*challenge, *verdict.fault);
    ChallengeStore::Found found = ChallengeStore::Found::wrong;
    ChallengeStore::FieldValues values;
    const bool too_weak = !verdict.fault && challenge->strong && !verdict.strong();
    if (too_weak) {
        found = ChallengeStore::Found::spent; // it ends the attempt, and counts as nothing
    } else if (!verdict.fault) {
        found = ChallengeStore::Found::right;
        values.emplace_back(
            slots[verdict.slot],
            used_passkey(begun.fields[verdict.slot], verdict.assertion, begun.attempt.now));
    } else if (verdict.malformed) {
        found = ChallengeStore::Found::spent;
    }
    const store::Attempt attempt =
        co_await challenges_.finish(*challenge, FactorType::passkey, id, found, values, owed);
    if (verdict.malformed) co_return malformed(*verdict.fault);
    if (too_weak) co_return domain::refuse(Code::not_enrolled);
    if (attempt.state != ChallengeState::open) co_return refusal_of(attempt);
    Proved proved;
    proved.user = challenge->user;
    proved.factor = FactorType::passkey;
    proved.methods = verdict.methods();
    proved.strong = verdict.strong();
    proved.at = attempt.now;
    co_return proved;
}

} // namespace mfad::service
