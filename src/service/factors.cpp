#include "mfad/service/factors.hpp"

#include "factor_rules.hpp"

#include "mfad/domain/one_time_code.hpp"
#include "mfad/domain/otpauth.hpp"
#include "mfad/domain/recovery_code.hpp"
#include "mfad/domain/settings_change.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/packed.hpp"
#include "mfad/service/imported_codes.hpp"
#include "mfad/service/recovery_hash.hpp"
#include "mfad/service/recovery_set.hpp"

#include <array>

namespace mfad::service {
namespace {

using domain::FactorSet;
using domain::FactorType;
using domain::Refusal;
using domain::Result;
using domain::UserRef;
using platform::SealPurpose;
using runtime::Awaitable;
using store::FactorStatus;
using store::FactorStore;
using Code = Refusal::Code;

constexpr std::uint8_t record_version = 2;
constexpr std::uint8_t version_without_drift = 1;
constexpr std::chrono::hours notice_lifetime{48};

// ---- an app's key, sealed -----------------------------------------------------------------------

std::string seal_totp_of(
    const TotpFactor& factor, std::string_view field, const UserRef& user, Vault& vault) {
    const domain::TotpParameters& parameters = factor.key.parameters;
    platform::PackedWriter packed;
    packed.u8(record_version).u8(static_cast<std::uint8_t>(parameters.algorithm));
    packed.u8(static_cast<std::uint8_t>(parameters.digits));
    packed.u16(static_cast<std::uint16_t>(parameters.period)).u8(factor.strong ? 1 : 0);
    packed.i64(factor.created.time_since_epoch().count());
    packed.text(factor.label).text(factor.key.secret.reveal()).i64(factor.drift);
    return vault.sealer.seal(SealPurpose::factor, factor_place(user, field), packed.bytes());
}

std::optional<TotpFactor> open_totp_of(
    std::string_view sealed, std::string_view field, const UserRef& user, Vault& vault) {
    if (sealed.empty()) return std::nullopt;
    const auto plain = vault.sealer.open(SealPurpose::factor, factor_place(user, field), sealed);
    if (!plain) throw store::Corrupt("a factor that does not open");
    platform::PackedReader packed(*plain);
    const std::uint8_t version = packed.u8();
    if (version != record_version && version != version_without_drift)
        throw store::Corrupt("a factor of an unknown format");
    TotpFactor factor;
    factor.key.parameters.algorithm = static_cast<domain::TotpAlgorithm>(packed.u8());
    factor.key.parameters.digits = packed.u8();
    factor.key.parameters.period = packed.u16();
    factor.strong = packed.u8() != 0;
    factor.created = platform::unix_millis(packed.i64());
    factor.label = packed.text();
    factor.key.secret = platform::Secret(packed.text());
    if (version == record_version) factor.drift = static_cast<std::int32_t>(packed.i64());
    return factor;
}

bool is_secret_of(const TotpFactor& factor, std::string_view typed) {
    const auto bytes = platform::from_typed_base32(typed);
    return bytes && platform::equal_in_constant_time(*bytes, factor.key.secret.reveal());
}

// ---- what is stored beside it -------------------------------------------------------------------

void append_fields_of(FactorType type, std::vector<std::string>& fields) {
    fields.push_back(failures_field(type));
    fields.push_back(mark_field(type));
    // The last step and the marks of used codes stay: an import that brings the factor again does
    // not bring back what is spent.
    if (type == FactorType::totp)
        for (const char* field : {FactorStore::totp, FactorStore::totp_pending})
            fields.emplace_back(field);
    if (type == FactorType::recovery_code)
        for (const char* field : {FactorStore::recovery_codes, FactorStore::imported_codes})
            fields.emplace_back(field);
    if (type == FactorType::passkey) {
        fields.emplace_back(FactorStore::passkey_pending);
        fields.insert(fields.end(), FactorStore::passkeys.begin(), FactorStore::passkeys.end());
    }
}

constexpr std::array built_in{
    FactorType::email, FactorType::totp, FactorType::passkey, FactorType::recovery_code};

} // namespace

std::string seal_totp(const TotpFactor& factor, const UserRef& user, Vault& vault) {
    return seal_totp_of(factor, FactorStore::totp, user, vault);
}

std::vector<std::string> lost_factor_fields() {
    std::vector<std::string> fields;
    for (const FactorType type : built_in)
        if (lost_factors.contains(type)) append_fields_of(type, fields);
    return fields;
}

std::optional<TotpFactor> open_totp(std::string_view sealed, const UserRef& user, Vault& vault) {
    return open_totp_of(sealed, FactorStore::totp, user, vault);
}

std::string seal_notice(MailJob::Kind kind, FactorSet factors, const UserRef& user, Vault& vault) {
    MailJob job = new_job(kind, user);
    domain::for_each(factors, [&job](FactorType type) {
        if (!job.secret.empty()) job.secret += ' ';
        job.secret += to_string(type);
    });
    job.not_after = job.created + notice_lifetime;
    return seal_job(job, vault);
}

std::vector<std::string> recovery_keys(const UserRef& user, Vault& vault) {
    return vault.pepper.digests(
        platform::DigestPurpose::recovery_code, factor_place(user, FactorStore::recovery_codes),
        {});
}

std::vector<std::string> recovery_digests(
    std::string_view code, const UserRef& user, Vault& vault) {
    std::vector<std::string> digests = recovery_keys(user, vault);
    for (std::string& digest : digests)
        digest = recovery_digest(digest, code);
    return digests;
}

Factors::Factors(const store::Context& context, Vault& vault, std::function<void()> wake)
    : factors_(context), passkeys_(context, vault, wake), vault_(vault), wake_(std::move(wake)) {}

Awaitable<std::vector<FactorView>> Factors::list(const UserRef& user, FactorSet bound) {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> fields{
            FactorStore::totp,
            FactorStore::totp_step,
            FactorStore::recovery_codes,
            failures_field(FactorType::email),
            failures_field(FactorType::totp),
            failures_field(FactorType::recovery_code),
            failures_field(FactorType::passkey),
            FactorStore::imported_codes};
        fields.insert(fields.end(), FactorStore::passkeys.begin(), FactorStore::passkeys.end());
        return fields;
    }();
    const std::vector<std::string> fields = co_await factors_.fields(user, names);
    std::vector<FactorView> views;
    const auto add = [&](FactorType type, unsigned failures) -> FactorView& {
        FactorView& view = views.emplace_back();
        view.id = to_string(type);
        view.type = type;
        view.failures = failures;
        view.disabled = failures >= domain::AttemptBudget::most;
        return view;
    };
    if (bound.contains(FactorType::email)) add(FactorType::email, failures_of(fields[3]));
    const auto totp = open_totp(fields[0], user, vault_);
    if (totp && bound.contains(FactorType::totp)) {
        FactorView& view = add(FactorType::totp, failures_of(fields[4]));
        view.label = totp->label;
        view.created = totp->created;
        if (!fields[1].empty())
            view.last_used =
                platform::unix_millis(std::stoll(fields[1]) * totp->key.parameters.period * 1000);
    }
    const std::span<const std::string> slots = std::span(fields).last(FactorStore::passkeys.size());
    const std::vector<Passkey> passkeys = bound.contains(FactorType::passkey)
                                              ? open_passkeys(slots, user, vault_)
                                              : std::vector<Passkey>();
    for (const Passkey& passkey : passkeys) {
        const FactorView bare = view_of(passkey);
        FactorView& view = add(FactorType::passkey, failures_of(fields[6]));
        view.id = bare.id;
        view.label = bare.label;
        view.created = bare.created;
        view.last_used = bare.last_used;
    }
    const auto ours = RecoverySet::unpack(fields[2]);
    const auto imported = open_imported_codes(fields[7], user, vault_);
    if ((ours || imported) && bound.contains(FactorType::recovery_code)) {
        FactorView& view = add(FactorType::recovery_code, failures_of(fields[5]));
        view.created = ours ? ours->made : imported->made;
        view.codes_left = (ours ? ours->left() : 0) + (imported ? imported->left() : 0);
    }
    co_return views;
}

Awaitable<Result<TotpOffer>> Factors::offer_totp(
    const UserRef& user, std::string_view issuer, std::string_view account,
    std::string_view label) {
    domain::OtpauthEntry entry;
    entry.issuer = issuer;
    entry.account = account;
    entry.key.secret = domain::new_totp_secret();
    TotpFactor factor;
    factor.key.secret = platform::Secret(entry.key.secret.reveal());
    factor.label = label;
    factor.created = platform::wall_now();
    TotpOffer offer;
    offer.secret = platform::base32(entry.key.secret.reveal());
    offer.uri = domain::otpauth_uri(entry).reveal();
    offer.ends = factor.created + pending_lifetime;
    const std::string sealed = seal_totp_of(factor, FactorStore::totp_pending, user, vault_);
    const bool kept = co_await factors_.put_pending(user, FactorStore::totp_pending, sealed);
    if (!kept) co_return domain::refuse(Code::no_such_user);
    co_return offer;
}

Awaitable<Result<domain::MfaState>> Factors::confirm_totp(
    const UserRef& user, std::string_view code, Asker asker, std::optional<std::string_view> secret,
    std::optional<std::string_view> label) {
    static const std::vector<std::string> names{FactorStore::totp_pending, "s", "q"};
    const std::vector<std::string> fields = co_await factors_.fields(user, names);
    if (fields[1].empty()) co_return domain::refuse(Code::no_such_user);
    auto factor = open_totp_of(fields[0], FactorStore::totp_pending, user, vault_);
    const platform::UnixMillis now = platform::wall_now();
    if (!factor || now >= factor->created + pending_lifetime)
        co_return domain::refuse(Code::expired);
    if (secret && !is_secret_of(*factor, *secret))
        co_return domain::refuse(Code::invalid, "secret", "is not the one that was shown");
    const domain::TotpVerdict verdict = domain::match_totp(factor->key, code, now, {});
    using Kind = domain::TotpVerdict::Kind;
    if (verdict.kind == Kind::malformed)
        co_return domain::refuse(Code::invalid, "code", "must have 6 digits");
    if (verdict.kind != Kind::accepted) co_return domain::refuse(Code::wrong_code);

    factor->strong = is_strong(fields[1], fields[2], now);
    factor->created = now;
    if (label) factor->label = *label;
    store::FactorOrder order;
    order.factor = FactorType::totp;
    set_asker(order, asker);
    order.enable = true;
    order.notice = seal_notice(MailJob::Kind::factor_added, FactorType::totp, user, vault_);
    order.pending_field = FactorStore::totp_pending;
    order.pending_value = fields[0];
    order.values.emplace_back(FactorStore::totp, seal_totp(*factor, user, vault_));
    order.values.emplace_back(FactorStore::totp_step, std::to_string(verdict.step));
    const store::FactorOutcome outcome = co_await factors_.put(user, order);
    if (outcome.status != FactorStatus::done) co_return refusal_of(outcome.status);
    wake_();
    co_return outcome.after;
}

Awaitable<Result<std::vector<std::string>>> Factors::renew_recovery_codes(
    const UserRef& user, Asker asker) {
    std::vector<std::string> codes = domain::new_recovery_codes();
    const std::string key = recovery_keys(user, vault_).front();
    RecoverySet set;
    set.made = platform::wall_now();
    for (const std::string& code : codes)
        set.digests.push_back(recovery_digest(key, *domain::typed_recovery_code(code)));
    store::FactorOrder order;
    order.factor = FactorType::recovery_code;
    set_asker(order, asker);
    order.notice =
        seal_notice(MailJob::Kind::factor_added, FactorType::recovery_code, user, vault_);
    order.values.emplace_back(FactorStore::recovery_codes, set.pack());
    const store::FactorOutcome outcome = co_await factors_.put(user, order);
    if (outcome.status != FactorStatus::done) co_return refusal_of(outcome.status);
    wake_();
    co_return codes;
}

Awaitable<Result<void>> Factors::remove(
    const UserRef& user, std::string_view factor_id, Asker asker) {
    if (tag_of_factor_id(factor_id)) co_return co_await passkeys_.remove(user, factor_id, asker);
    const auto type = domain::factor_type(factor_id);
    if (!type) co_return domain::refuse(Code::not_enrolled);
    store::RemovalOrder order;
    order.factors = order.disable = *type;
    set_asker(order, asker);
    order.must_be_bound = true;
    order.notice = seal_notice(MailJob::Kind::factor_removed, *type, user, vault_);
    append_fields_of(*type, order.fields);
    if (*type == FactorType::passkey) co_return co_await unbind(user, order);
    const store::FactorOutcome outcome = co_await factors_.remove(user, order);
    if (outcome.status != FactorStatus::done) co_return refusal_of(outcome.status);
    wake_();
    co_return Result<void>{};
}

Awaitable<Result<void>> Factors::unbind(const UserRef& user, const store::RemovalOrder& order) {
    const std::vector<std::string> tags = co_await passkeys_.index().tags(user);
    const store::FactorOutcome outcome = co_await factors_.remove(user, order);
    if (outcome.status != FactorStatus::done) co_return refusal_of(outcome.status);
    co_await passkeys_.index().release(tags, user);
    wake_();
    co_return Result<void>{};
}

Awaitable<Result<void>> Factors::reset(const UserRef& user, store::Actor by) {
    store::RemovalOrder order;
    order.by = by;
    order.factors = FactorSet::all();
    order.forget_authentication = true;
    order.notice = seal_notice(MailJob::Kind::factors_reset, {}, user, vault_);
    for (const FactorType type : built_in)
        append_fields_of(type, order.fields);
    order.fields.emplace_back("g"); // the link on its way
    order.fields.emplace_back("Z"); // and a reset on its way
    co_return co_await unbind(user, order);
}

Awaitable<Result<void>> Factors::reset_lost(const UserRef& user) {
    store::RemovalOrder order;
    order.factors = lost_factors;
    order.authenticated = true;
    order.by = store::Actor::user;
    order.notice = seal_notice(MailJob::Kind::factors_reset, {}, user, vault_);
    order.fields = lost_factor_fields();
    order.fields.emplace_back("Z"); // a reset on its way has become idle
    co_return co_await unbind(user, order);
}

} // namespace mfad::service
