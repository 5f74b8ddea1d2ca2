#include "import_fields.hpp"
#include "import_passkeys_line.hpp"

#include "mfad/domain/challenge.hpp"
#include "mfad/domain/identity.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/service/factor_import.hpp"
#include "mfad/service/factors.hpp"
#include "mfad/service/recovery_hash.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace mfad::service {
namespace {

namespace json = boost::json;
using domain::Result;
using Code = domain::Refusal::Code;

constexpr std::size_t max_hash = 2048;

ImportedFailures read_failures(FieldReader& in) {
    ImportedFailures failures;
    failures.count = static_cast<unsigned>(
        in.maybe_integer("failures", 0, domain::AttemptBudget::most).value_or(0));
    failures.last = read_time(in, "failed_at").value_or(platform::UnixMillis{});
    return failures;
}

// ---- totp ---------------------------------------------------------------------------------------

/// A refusal of a part, under the name of the member that held it.
void refuse_part(FieldReader& in, std::string_view name, const domain::Refusal& why) {
    std::string text = why.field.empty() ? "" : why.field + ": ";
    text += why.why.empty() ? "cannot be taken" : why.why;
    in.invalid(name, std::move(text));
}

void read_uri(FieldReader& in, std::string_view uri, ImportedTotp& totp) {
    if (!uri.starts_with("otpauth-migration:")) {
        auto entry = domain::parse_otpauth(uri);
        if (!entry) return refuse_part(in, "uri", entry.error());
        totp.key = std::move(entry->key);
        return;
    }
    auto migration = domain::parse_otpauth_migration(uri);
    if (!migration) return refuse_part(in, "uri", migration.error());
    if (migration->entries.size() != 1)
        return in.invalid("uri", "holds several accounts: these take an otpauth_migration line");
    auto& key = migration->entries.front().key;
    if (!key) return refuse_part(in, "uri", key.error());
    totp.key = std::move(*key);
}

void read_secret(FieldReader& in, std::string_view secret, ImportedTotp& totp) {
    const auto bytes = platform::from_typed_base32(secret);
    if (!bytes || bytes->size() < domain::min_totp_secret_bytes ||
        bytes->size() > domain::max_totp_secret_bytes)
        return in.invalid("secret", "must be base32 of 80 to 1024 bits");
    totp.key.secret = platform::Secret(*bytes);
    domain::TotpParameters& parameters = totp.key.parameters;
    if (const auto name = in.maybe_text("algorithm")) {
        const auto algorithm = domain::totp_algorithm(*name);
        if (!algorithm) in.invalid("algorithm", "must be SHA1, SHA256 or SHA512");
        parameters.algorithm = algorithm.value_or(parameters.algorithm);
    }
    if (const auto digits = in.maybe_integer("digits", 6, 8))
        parameters.digits = static_cast<std::uint32_t>(*digits);
    if (const auto period =
            in.maybe_integer("period", domain::min_totp_period, domain::max_totp_period))
        parameters.period = static_cast<std::uint32_t>(*period);
    if (!domain::is_valid(parameters)) in.invalid("digits", "must be 6 or 8");
}

ImportedTotp read_totp(FieldReader& in) {
    static constexpr std::string_view known[] = {"uri",    "secret", "algorithm",  "digits",
                                                 "period", "label",  "created_at", "last_step",
                                                 "drift",  "strong", "failures",   "failed_at"};
    in.refuse_others(known);
    ImportedTotp totp;
    const auto uri = in.maybe_text("uri");
    const auto secret = in.maybe_text("secret");
    if (uri.has_value() == secret.has_value())
        in.invalid("", "needs exactly one of uri and secret");
    else if (secret)
        read_secret(in, *secret, totp);
    else
        read_uri(in, *uri, totp);
    for (const std::string_view name : {"algorithm", "digits", "period"})
        if (uri && in.has(name)) in.invalid(name, "is named in the uri");
    totp.label = in.maybe_text("label").value_or("");
    if (totp.label.size() > Factors::max_label) in.invalid("label", "must have at most 64 bytes");
    totp.created = read_time(in, "created_at");
    // A step that the clock does not reach would keep the user out.
    const std::int64_t latest =
        domain::totp_step(platform::wall_now(), totp.key.parameters.period) +
        domain::max_totp_drift + domain::max_totp_window;
    totp.last_step = in.maybe_integer("last_step", 0, latest);
    if (const auto drift =
            in.maybe_integer("drift", -domain::max_totp_drift, domain::max_totp_drift))
        totp.drift = static_cast<std::int32_t>(*drift);
    totp.strong = in.maybe_flag("strong");
    totp.failures = read_failures(in);
    return totp;
}

// ---- recovery codes -----------------------------------------------------------------------------

void read_hashes(FieldReader& in, std::string_view name, bool used, ImportedCodes& set) {
    const json::array* hashes = in.maybe_array(name);
    for (std::size_t i = 0; hashes != nullptr && i < hashes->size(); ++i) {
        const json::string* text = (*hashes)[i].if_string();
        const std::string at = std::string(name) + "[" + std::to_string(i) + "]";
        if (text == nullptr || text->size() > max_hash ||
            !is_recovery_hash({text->data(), text->size()}))
            return in.invalid(at, "must be a bcrypt or Argon2 hash");
        std::string hash(text->data(), text->size());
        if (std::ranges::find(set.codes, hash, &ImportedCodes::Code::hash) != set.codes.end())
            return in.invalid(at, "is there twice");
        set.codes.push_back({std::move(hash), used});
    }
}

ImportedRecovery read_recovery(FieldReader& in) {
    static constexpr std::string_view known[] = {
        "hashes", "used", "created_at", "failures", "failed_at"};
    in.refuse_others(known);
    ImportedRecovery recovery;
    read_hashes(in, "hashes", false, recovery.set);
    read_hashes(in, "used", true, recovery.set);
    const std::size_t count = recovery.set.codes.size();
    if (count == 0 || count > ImportedCodes::most) in.invalid("hashes", "must be 1 to 20");
    recovery.set.made = read_time(in, "created_at").value_or(platform::wall_now());
    recovery.failures = read_failures(in);
    return recovery;
}

} // namespace

Result<ImportedFactors> read_factors_line(const json::object& object) {
    static constexpr std::string_view known[] = {"tenant", "user",           "email",
                                                 "totp",   "recovery_codes", "passkeys"};
    FieldReader in(object, "factors");
    in.refuse_others(known);
    ImportedFactors line;
    line.user.tenant = read_id(in, "tenant");
    line.user.user = read_id(in, "user");
    if (const json::object* email = in.maybe_object("email")) {
        static constexpr std::string_view of_email[] = {"failures", "failed_at"};
        FieldReader part(*email, in.path("email"));
        part.refuse_others(of_email);
        line.email = read_failures(part);
        in.adopt(part.failed());
    }
    if (const json::object* totp = in.maybe_object("totp")) {
        FieldReader part(*totp, in.path("totp"));
        line.totp = read_totp(part);
        in.adopt(part.failed());
    }
    if (const json::object* codes = in.maybe_object("recovery_codes")) {
        FieldReader part(*codes, in.path("recovery_codes"));
        line.recovery = read_recovery(part);
        in.adopt(part.failed());
    }
    line.passkeys = read_passkeys(in);
    if (!line.email && !line.totp && !line.recovery && line.passkeys.empty())
        in.invalid("", "names no factor");
    if (in.failed()) return *in.failed();
    return line;
}

Result<ImportedMigration> read_migration_line(const json::object& object) {
    static constexpr std::string_view known[] = {"tenant", "uri", "users"};
    FieldReader in(object, "otpauth_migration");
    in.refuse_others(known);
    ImportedMigration line;
    line.tenant = read_id(in, "tenant");
    auto content = domain::parse_otpauth_migration(in.text("uri"));
    if (content)
        line.content = std::move(*content);
    else if (!in.failed())
        refuse_part(in, "uri", content.error());
    const json::object* users = in.maybe_object("users");
    for (const auto& [account, user] : users != nullptr ? *users : json::object()) {
        auto& place = line.users[std::string(account)];
        const json::string* id = user.if_string();
        if (id != nullptr && domain::is_valid_id({id->data(), id->size()}))
            place = std::string(id->data(), id->size());
        else if (!user.is_null())
            in.invalid("users", "must map accounts to ids of users, or to null");
    }
    if (in.failed()) return *in.failed();
    return line;
}

} // namespace mfad::service
