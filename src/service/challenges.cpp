#include "mfad/service/challenges.hpp"

#include "challenge_rules.hpp"

#include "mfad/domain/one_time_code.hpp"
#include "mfad/domain/recovery_code.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/plain_text.hpp"
#include "mfad/service/device_token.hpp"
#include "mfad/service/mail_job.hpp"

#include <algorithm>
#include <array>

namespace mfad::service {
namespace {

using domain::ChallengeState;
using domain::FactorSet;
using domain::FactorType;
using domain::Refusal;
using domain::Result;
using runtime::Awaitable;
using store::Attempt;
using store::ChallengeRef;
using store::ChallengeStore;
using Code = Refusal::Code;

constexpr std::size_t id_bytes = 16; // behind two of the partition
constexpr std::size_t max_recovery_code = 128;

platform::Place code_place(const ChallengeRef& challenge) {
    return platform::Place().part("challenge_code").part(challenge.id);
}

std::string new_id(unsigned partition) {
    const char head[]{static_cast<char>(partition >> 8), static_cast<char>(partition & 255)};
    return platform::base64url(std::string(head, 2) + platform::random_bytes(id_bytes));
}

std::optional<unsigned> partition_of(std::string_view id, unsigned partitions) {
    const auto bytes = platform::from_base64url(id);
    if (!bytes || bytes->size() != 2 + id_bytes) return std::nullopt;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>((*bytes)[i]); };
    const unsigned partition = unsigned{byte(0)} << 8 | byte(1);
    if (partition >= partitions) return std::nullopt;
    return partition;
}

Refusal wait(std::chrono::milliseconds how_long) {
    Refusal refusal = domain::refuse(Code::too_many);
    refusal.policy = "attempts";
    refusal.retry_after = std::max(how_long, std::chrono::milliseconds(1));
    return refusal;
}

Refusal not_a_code() {
    return domain::refuse(Code::invalid, "code", "cannot be a code");
}

std::optional<std::int64_t> step_of(const std::string& field) {
    if (field.empty()) return std::nullopt;
    return std::stoll(field);
}

/// The last step that may have been spent before the store was started anew and forgot it: codes of
/// the step after the current one are taken, too. @return nothing when it never was
std::optional<std::int64_t> fenced_step(
    platform::UnixMillis fence, const domain::TotpParameters& parameters) {
    if (fence == platform::UnixMillis{}) return std::nullopt;
    const std::chrono::seconds period(parameters.period);
    return fence.time_since_epoch() / period + 1;
}

/// How a code compares with a user's app, as both were read.
/// @param demands_strong what the challenge does
store::Compared compare(
    const TotpFactor& factor, const std::string& code, const store::SealedFields& read,
    bool demands_strong) {
    using Found = store::Compared::Found;
    using Kind = domain::TotpVerdict::Kind;
    store::Compared compared;
    if (demands_strong && !factor.strong) {
        compared.found = Found::too_weak;
        return compared;
    }
    domain::TotpHistory history;
    history.last_step = step_of(read.fields.at(1));
    if (const auto spent = fenced_step(read.fence, factor.key.parameters))
        history.last_step = std::max(*spent, history.last_step.value_or(*spent));
    history.drift = factor.drift;
    const domain::TotpVerdict verdict = domain::match_totp(factor.key, code, read.now, history);
    compared.step = verdict.step;
    switch (verdict.kind) {
    case Kind::accepted: compared.found = Found::right; break;
    case Kind::already_used: compared.found = Found::spent; break;
    case Kind::malformed: compared.found = Found::malformed; break;
    case Kind::wrong: break;
    }
    return compared;
}

/// A recovery code without the blanks around it: what else it may hold, only who made it knows.
std::optional<std::string> typed_recovery_text(std::string_view code) {
    const auto begin = code.find_first_not_of(' ');
    if (begin == std::string_view::npos) return std::nullopt;
    code = code.substr(begin, code.find_last_not_of(' ') + 1 - begin);
    if (code.size() > max_recovery_code || platform::has_control(code)) return std::nullopt;
    return std::string(code);
}

/// A code as it is compared. @return nothing for what cannot be one
std::optional<std::string> typed(FactorType factor, std::string_view code, unsigned code_length) {
    if (factor == FactorType::email) return domain::typed_code(code, code_length);
    if (factor == FactorType::recovery_code) return typed_recovery_text(code);
    std::optional<std::string> digits = domain::typed_code(code, 6);
    if (!digits) digits = domain::typed_code(code, 8);
    return digits;
}

} // namespace

Refusal refusal_of(const Attempt& attempt) {
    Refusal refusal;
    switch (attempt.state) {
    case ChallengeState::not_offered:
    case ChallengeState::no_address: return domain::refuse(Code::not_enrolled);
    case ChallengeState::disabled: return domain::refuse(Code::factors_disabled);
    case ChallengeState::waiting:
    case ChallengeState::busy:
    case ChallengeState::over_budget: return wait(attempt.wait);
    case ChallengeState::wrong:
        refusal = domain::refuse(Code::wrong_code);
        refusal.attempts_left = attempt.tries_left;
        return refusal;
    case ChallengeState::spent: return domain::refuse(Code::already_used);
    case ChallengeState::not_a_code: return not_a_code();
    case ChallengeState::exhausted:
        refusal = domain::refuse(Code::expired);
        refusal.attempts_left = 0;
        return refusal;
    case ChallengeState::open:
    case ChallengeState::unknown:
    case ChallengeState::expired:
    case ChallengeState::to_compare:
    case ChallengeState::used: break;
    }
    return domain::refuse(Code::expired);
}

Challenges::Challenges(
    const store::Context& context, Vault& vault, const AccessTokens& tokens,
    PasswordPool& passwords, ChallengeOptions options, std::function<void()> wake)
    : keys_(context.keys()), challenges_(context, options.tries), vault_(vault), tokens_(tokens),
      passwords_(passwords), options_(std::move(options)), wake_(std::move(wake)) {}

std::optional<domain::UserRef> Challenges::holder(std::string_view token) {
    std::optional<HeldChallenge> challenge = open_challenge_token(token, {}, vault_);
    if (!challenge) return std::nullopt;
    return std::move(challenge->user);
}

Awaitable<ChallengeAnswer> Challenges::open(
    const domain::UserRef& user, const ChallengeWish& wish, const domain::RelyingParty& party) {
    HeldChallenge challenge;
    challenge.user = user;
    challenge.strong = wish.strong;
    challenge.id = new_id(keys_.partition(user));
    store::ChallengeOrder order;
    order.lifetime = options_.lifetime;
    order.wanted = wish.factors;
    order.recovers = wish.recovers;
    if (wish.strong) order.too_weak = FactorSet(FactorType::email) | FactorType::recovery_code;
    order.address = wish.address;
    if (!wish.device.empty()) order.device = open_device_token(wish.device, user, vault_);
    if (order.device)
        order.stolen_notice = seal_notice(MailJob::Kind::device_stolen, {}, user, vault_);
    order.fields.assign(store::FactorStore::passkeys.begin(), store::FactorStore::passkeys.end());
    ChallengeAnswer answer;
    answer.opened = co_await challenges_.open(challenge, order);
    if (answer.opened.device == store::DeviceState::stolen) wake_();
    if (answer.opened.outcome != store::ChallengeOpened::Outcome::opened) co_return answer;
    challenge.ends = answer.opened.ends;
    answer.token = challenge_token(challenge, vault_);
    if (answer.opened.device == store::DeviceState::known)
        answer.device_token =
            device_token({order.device->id, answer.opened.device_generation}, user, vault_);
    if (answer.opened.factors.contains(FactorType::passkey))
        answer.passkey = passkey_options_of(challenge, answer.opened.fields, party);
    answer.id = std::move(challenge.id);
    co_return answer;
}

Awaitable<Result<CodeMailed>> Challenges::send_code(
    std::string_view token, std::string_view tenant) {
    const std::optional<HeldChallenge> challenge = open_challenge_token(token, tenant, vault_);
    if (!challenge) co_return domain::refuse(Code::expired);
    const std::string code = domain::new_code(options_.code_length);
    MailJob job = new_job(MailJob::Kind::sign_in_code, challenge->user);
    job.link_id = challenge->id;
    job.secret = code;
    job.not_after = job.created + options_.code_lifetime;

    store::ChallengeCodeOrder order;
    order.digest =
        vault_.pepper.digest(platform::DigestPurpose::code, code_place(*challenge), code);
    order.job = seal_job(job, vault_);
    order.job_id = job.id;
    order.lifetime = options_.code_lifetime;
    order.gap = options_.code_gap;
    order.budget = options_.codes;
    const store::ChallengeCodeSent sent = co_await challenges_.send_code(*challenge, order);
    if (sent.state != ChallengeState::open) {
        Attempt attempt;
        attempt.state = sent.state;
        attempt.wait = sent.retry_after;
        co_return refusal_of(attempt);
    }
    wake_();
    co_return CodeMailed{sent.ends};
}

store::AttemptNotices Challenges::notices(const domain::UserRef& user, FactorType factor) const {
    store::AttemptNotices notices;
    notices.factor_disabled = seal_notice(MailJob::Kind::factor_disabled, factor, user, vault_);
    notices.device_revoked = seal_notice(MailJob::Kind::device_revoked, {}, user, vault_);
    if (factor == FactorType::recovery_code)
        notices.code_used = seal_notice(MailJob::Kind::recovery_code_used, factor, user, vault_);
    return notices;
}

Awaitable<Attempt> Challenges::verify_stored(
    const ChallengeRef& challenge, FactorType factor, const std::string& code) {
    std::vector<std::string> digests;
    const store::AttemptNotices owed = notices(challenge.user, factor);
    if (factor == FactorType::email) {
        digests = vault_.pepper.digests(platform::DigestPurpose::code, code_place(challenge), code);
    } else {
        const auto ours = domain::typed_recovery_code(code);
        if (ours) digests = recovery_digests(*ours, challenge.user, vault_);
    }
    co_return co_await challenges_.verify(challenge, factor, digests, owed);
}

Awaitable<Attempt> Challenges::verify_totp(
    const HeldChallenge& challenge, const std::string& code, bool& strong) {
    const std::array<std::string, 2> fields{
        store::FactorStore::totp, store::FactorStore::totp_step};
    const store::SealedFields read = co_await challenges_.read_sealed(challenge.user, fields);
    const auto factor = open_totp(read.fields.at(0), challenge.user, vault_);
    // Who has no app (any more) is told how his challenge stands.
    store::Compared compared;
    if (factor) compared = compare(*factor, code, read, challenge.strong);
    compared.sealed_key = read.fields.at(0);
    // As much work for a right code as for a wrong one: during a wait their answers do not differ.
    const store::AttemptNotices owed = notices(challenge.user, FactorType::totp);
    const Attempt attempt = co_await challenges_.verify(challenge, compared, owed);
    strong = factor && factor->strong;
    co_return attempt;
}

Result<Passed> Challenges::passed(const Proved& proved) const {
    Passed passed;
    passed.factor = proved.factor;
    passed.methods = proved.methods;
    passed.level = proved.strong ? "aal2" : "aal1";
    passed.at = proved.at;
    passed.lifetime = tokens_.lifetime();
    const Proof proof{
        proved.user.tenant, proved.user.user, passed.methods, passed.level, proved.at};
    Result<std::string> token = tokens_.issue(proof, proved.at);
    if (!token) return token.error();
    passed.access_token = std::move(*token);
    return passed;
}

Awaitable<Result<Proved>> Challenges::prove(
    std::string_view token, std::string_view tenant, FactorType factor, std::string_view code) {
    const std::optional<HeldChallenge> challenge = open_challenge_token(token, tenant, vault_);
    if (!challenge) co_return domain::refuse(Code::expired);
    const std::optional<std::string> typed_text = typed(factor, code, options_.code_length);
    if (!typed_text) co_return not_a_code();
    Proved proved;
    proved.user = challenge->user;
    proved.factor = factor;
    Attempt attempt;
    if (factor == FactorType::totp)
        attempt = co_await verify_totp(*challenge, *typed_text, proved.strong);
    else
        attempt = co_await verify_stored(*challenge, factor, *typed_text);
    if (attempt.state == ChallengeState::to_compare) {
        const Result<Attempt> compared = co_await verify_imported(*challenge, *typed_text);
        if (!compared) co_return compared.error();
        attempt = *compared;
    }
    if (attempt.state != ChallengeState::open) co_return refusal_of(attempt);
    if (factor == FactorType::recovery_code) wake_();
    proved.at = attempt.now;
    proved.methods.emplace_back("otp"); // RFC 8176 has one word for all that is typed
    co_return proved;
}

Awaitable<Result<Passed>> Challenges::verify(
    std::string_view token, std::string_view tenant, FactorType factor, std::string_view code) {
    // What is passed now could not be told to anybody.
    const Result<void> ready = tokens_.ready(platform::wall_now());
    if (!ready) co_return ready.error();
    const Result<Proved> proved = co_await prove(token, tenant, factor, code);
    if (!proved) co_return proved.error();
    co_return passed(*proved);
}

Awaitable<std::optional<store::ChallengeRecord>> Challenges::status(
    std::string_view tenant, std::string_view id) {
    const auto partition = partition_of(id, keys_.partitions());
    if (!partition) co_return std::nullopt;
    const std::string name(id);
    std::optional<store::ChallengeRecord> record = co_await challenges_.read(*partition, name);
    if (record && record->user.tenant != tenant) record.reset();
    co_return record;
}

} // namespace mfad::service
