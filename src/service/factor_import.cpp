#include "mfad/service/factor_import.hpp"

#include "factor_rules.hpp"

#include "mfad/domain/email_address.hpp"
#include "mfad/domain/identity.hpp"
#include "mfad/domain/settings.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/packed.hpp"
#include "mfad/service/addresses.hpp"
#include "mfad/service/factors.hpp"
#include "mfad/service/recovery_hash.hpp"
#include "mfad/service/recovery_set.hpp"

#include <algorithm>
#include <set>

namespace mfad::service {
namespace {

using domain::FactorSet;
using domain::FactorType;
using domain::Refusal;
using domain::Result;
using domain::UserRef;
using runtime::Awaitable;
using store::FactorStatus;
using store::FactorStore;
using store::FieldChange;
using Code = Refusal::Code;

constexpr int tries = 8; // against sign-ins at the same time

// The fields that a plan is made of, in this order.
enum Field : std::size_t {
    settings,
    totp,
    totp_step,
    ours,
    theirs,
    used,
    email_failures,
    totp_failures,
    code_failures
};
/// The slots of passkeys come last.
const std::vector<std::string>& field_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> fields{
            "s",
            FactorStore::totp,
            FactorStore::totp_step,
            FactorStore::recovery_codes,
            FactorStore::imported_codes,
            FactorStore::used_codes,
            failures_field(FactorType::email),
            failures_field(FactorType::totp),
            failures_field(FactorType::recovery_code)};
        fields.insert(fields.end(), FactorStore::passkeys.begin(), FactorStore::passkeys.end());
        return fields;
    }();
    return names;
}

std::string pack_failures(const ImportedFailures& failures) {
    platform::PackedWriter packed;
    packed.u8(static_cast<std::uint8_t>(failures.count));
    packed.number(static_cast<double>(failures.last.time_since_epoch().count()));
    return std::move(packed).bytes();
}

bool is_same_key(const domain::TotpKey& a, const domain::TotpKey& b) {
    return a.parameters == b.parameters &&
           platform::equal_in_constant_time(a.secret.reveal(), b.secret.reveal());
}

/// The newest step that is known of a user's apps, unless it is that of one with another period,
/// which the clock has not reached yet.
std::optional<std::int64_t> step_in(const std::string& field, std::uint32_t period) {
    if (field.empty()) return std::nullopt;
    const std::int64_t step = std::stoll(field);
    const std::int64_t latest = domain::totp_step(platform::wall_now(), period) +
                                domain::max_totp_drift + domain::max_totp_window;
    if (step > latest) return std::nullopt;
    return step;
}

Refusal unknown_user(const UserRef& user) {
    return domain::refuse(
        Code::no_such_user, "user", "there is no user " + user.user + " of tenant " + user.tenant);
}

ImportedCodes::Code* find_code(std::optional<ImportedCodes>& stored, std::string_view mark) {
    if (!stored) return nullptr;
    for (ImportedCodes::Code& code : stored->codes)
        if (recovery_mark(code.hash) == mark) return &code;
    return nullptr;
}

std::optional<unsigned> find_digest(const std::optional<RecoverySet>& set, std::string_view mark) {
    for (unsigned i = 0; set && i < set->digests.size(); ++i)
        if (set->digests[i].starts_with(mark)) return i;
    return std::nullopt;
}

} // namespace

Result<void> FactorImporter::plan_totp(
    const ImportedTotp& totp, const UserRef& user, FactorSet enrolled, Plan& plan) {
    FieldChange& key = plan.changes[Field::totp];
    FieldChange& step = plan.changes[Field::totp_step];
    auto factor = open_totp(key.before, user, vault_);
    if (factor && !is_same_key(factor->key, totp.key))
        return domain::refuse(
            Code::invalid, "factors.totp", "is not the authenticator app that the user has");
    const bool is_new = !factor;
    if (!factor) {
        factor.emplace();
        factor->key.secret = platform::Secret(totp.key.secret.reveal());
        factor->key.parameters = totp.key.parameters;
        factor->label = totp.label;
        factor->created = totp.created.value_or(platform::wall_now());
        const FactorSet others = enrolled - FactorType::email;
        factor->strong = totp.strong.value_or(others.empty());
    }
    const std::int32_t drift = totp.drift.value_or(factor->drift);
    if (is_new || drift != factor->drift) {
        factor->drift = drift;
        key.after = seal_totp(*factor, user, vault_);
    }
    const auto last = std::max(step_in(step.before, totp.key.parameters.period), totp.last_step);
    step.after = last ? std::to_string(*last) : "";
    if (is_new && totp.failures.count > 0)
        plan.changes[Field::totp_failures].after = pack_failures(totp.failures);
    plan.bound = plan.bound | FactorType::totp;
    return {};
}

Result<void> FactorImporter::plan_recovery(
    const ImportedRecovery& recovery, const UserRef& user, Plan& plan) {
    FieldChange& theirs = plan.changes[Field::theirs];
    FieldChange& ours = plan.changes[Field::ours];
    auto stored = open_imported_codes(theirs.before, user, vault_);
    auto set = RecoverySet::unpack(ours.before);
    UsedCodes used(plan.changes[Field::used].before);
    bool changed = !stored && !set;
    if (changed) {
        if (recovery.failures.count > 0)
            plan.changes[Field::code_failures].after = pack_failures(recovery.failures);
        stored = recovery.set;
        for (ImportedCodes::Code& code : stored->codes)
            code.used = code.used || used.contains(recovery_mark(code.hash));
    }
    for (const ImportedCodes::Code& code : recovery.set.codes) {
        const std::string mark = recovery_mark(code.hash);
        if (code.used) used.add(mark);
        if (ImportedCodes::Code* known = find_code(stored, mark)) {
            changed = changed || known->used != (known->used || code.used);
            known->used = known->used || code.used;
        } else if (const auto at = find_digest(set, mark)) {
            if (code.used) set->used = static_cast<std::uint16_t>(set->used | 1U << *at);
        } else {
            return domain::refuse(
                Code::invalid, "factors.recovery_codes",
                "are not the recovery codes that the user has");
        }
    }
    if (changed) theirs.after = seal_imported_codes(*stored, user, vault_);
    if (set) ours.after = set->pack();
    plan.changes[Field::used].after = used.bytes();
    plan.bound = plan.bound | FactorType::recovery_code;
    return {};
}

Awaitable<Result<FactorImporter::Plan>> FactorImporter::plan(const ImportedFactors& line) {
    Plan plan;
    const std::vector<std::string> fields = co_await factors_.fields(line.user, field_names());
    if (fields[Field::settings].empty()) co_return unknown_user(line.user);
    for (std::size_t i = 0; i < fields.size(); ++i)
        plan.changes.push_back({field_names()[i], fields[i], fields[i]});
    const auto stored =
        domain::Settings::unpack(static_cast<std::uint32_t>(std::stoul(fields[Field::settings])));
    if (!stored) throw store::Corrupt("settings of an unknown format");
    FieldChange& failures = plan.changes[Field::email_failures];
    if (line.email && line.email->count > 0 && failures.before.empty())
        failures.after = pack_failures(*line.email);
    Result<void> planned{};
    if (line.totp) planned = plan_totp(*line.totp, line.user, stored->enrolled, plan);
    if (planned && line.recovery) planned = plan_recovery(*line.recovery, line.user, plan);
    if (planned) planned = plan_passkeys(line, stored->enrolled, plan);
    if (!planned) co_return planned.error();
    // The script writes these itself.
    plan.changes.erase(plan.changes.begin() + Field::settings);
    co_return plan;
}

Awaitable<Result<void>> FactorImporter::apply(const ImportedFactors& line) {
    for (int i = 0; i < tries; ++i) {
        const Result<Plan> planned = co_await plan(line);
        if (!planned) co_return planned.error();
        const Result<void> claimed = co_await claim_passkeys(line.user, planned->claims);
        if (!claimed) co_return claimed;
        const FactorStatus status =
            co_await factors_.import(line.user, planned->bound, planned->changes);
        if (status == FactorStatus::done) co_return Result<void>{};
        co_await passkeys_.release(planned->claims, line.user);
        if (status != FactorStatus::outdated) co_return unknown_user(line.user);
    }
    co_return domain::refuse(Code::unavailable, {}, "the user is being changed all the time");
}

// ---- several users at once ----------------------------------------------------------------------

Awaitable<Result<std::string>> FactorImporter::user_of(
    const ImportedMigration& line, const domain::MigratedEntry& entry) {
    if (const auto address = domain::EmailAddress::parse(entry.account)) {
        const std::string digest = address_digest(*address, line.tenant, vault_);
        const std::vector<std::string> found = co_await users_.find_by_address(line.tenant, digest);
        if (found.size() == 1) co_return found.front();
    }
    const UserRef same{line.tenant, entry.account};
    if (domain::is_valid_id(entry.account)) {
        const bool exists = co_await users_.exists(same);
        if (exists) co_return entry.account;
    }
    co_return domain::refuse(
        Code::invalid, "otpauth_migration.users",
        "does not say whose the account \"" + entry.account +
            "\" is, and it is neither the address of one user nor an id");
}

Awaitable<Result<void>> FactorImporter::apply(const ImportedMigration& line) {
    std::vector<ImportedFactors> parts;
    std::set<std::string> taken;
    for (const domain::MigratedEntry& entry : line.content.entries) {
        auto named = line.users.find(entry.issuer + ":" + entry.account);
        if (named == line.users.end()) named = line.users.find(entry.account);
        if (named != line.users.end() && !named->second) continue;
        const auto refuse = [&entry](std::string why) {
            return domain::refuse(
                Code::invalid, "otpauth_migration.uri",
                "the account \"" + entry.account + "\" " + std::move(why));
        };
        if (!entry.key) co_return refuse("has no code by time that is served here");
        ImportedFactors& part = parts.emplace_back();
        part.user.tenant = line.tenant;
        if (named != line.users.end()) {
            part.user.user = *named->second;
        } else {
            const Result<std::string> user = co_await user_of(line, entry);
            if (!user) co_return user.error();
            part.user.user = *user;
        }
        if (!taken.insert(part.user.user).second) co_return refuse("is the second of one user");
        part.totp.emplace();
        part.totp->key.secret = platform::Secret(entry.key->secret.reveal());
        part.totp->key.parameters = entry.key->parameters;
    }
    // All of them could be applied, before any of them is.
    for (const ImportedFactors& part : parts) {
        const Result<Plan> planned = co_await plan(part);
        if (!planned) co_return planned.error();
    }
    for (const ImportedFactors& part : parts) {
        const Result<void> applied = co_await apply(part);
        if (!applied) co_return applied;
    }
    co_return Result<void>{};
}

} // namespace mfad::service
