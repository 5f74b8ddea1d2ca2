#include "mfad/service/export.hpp"

#include "export_factors.hpp"

#include "mfad/platform/json_text.hpp"
#include "mfad/service/addresses.hpp"
#include "mfad/service/factor_view.hpp"

#include <boost/json.hpp>

namespace mfad::service {
namespace {

namespace json = boost::json;
using domain::DefaultSetting;
using domain::FactorSet;
using domain::FactorType;
using domain::UserRef;
using platform::JsonText;
using runtime::Awaitable;

/// The members of a JSON object, as they are stored.
void append_members(JsonText& text, const std::string& object) {
    boost::system::error_code error;
    const json::value value = json::parse(object, error);
    if (error || !value.is_object()) throw store::Corrupt("a tenant's record that is no JSON");
    for (const auto& [name, content] : value.get_object())
        text.key(name).raw(json::serialize(content));
}

std::string tenant_line(
    const store::TenantRecord& record, const store::ProjectRecord& project, FactorSet policy) {
    JsonText text;
    text.begin_object().key("tenant").begin_object().member("id", record.id);
    append_members(text, record.document);
    append_factors(text, "allowed", policy);
    text.key("default").raw(default_setting_json(project.rules.default_setting));
    if (!record.jwt.empty()) text.key("jwt").raw(record.jwt);
    text.key("xsolla").begin_object();
    if (!project.mfa_url.empty()) text.member("mfa_url", project.mfa_url);
    if (!project.priority.empty()) text.key("priority").raw(project.priority);
    return std::move(text.end_object().end_object().end_object()).str();
}

/// Sets the policy alone, in a line of its own: a tenant whose default allows what his policy has
/// ruled out since cannot be defined in one.
std::string policy_line(const store::TenantRecord& record, FactorSet policy) {
    JsonText text;
    text.begin_object().key("tenant").begin_object().member("id", record.id);
    append_members(text, record.document);
    append_factors(text, "allowed", policy);
    if (!record.jwt.empty()) text.key("jwt").raw(record.jwt);
    return std::move(text.end_object().end_object()).str();
}

bool holds_secret(const std::string& jwt) {
    return jwt.find("\"secret\"") != std::string::npos || jwt.find("\"oct\"") != std::string::npos;
}

void append_time(JsonText& text, std::string_view member, std::optional<platform::UnixMillis> at) {
    if (at) text.member(member, platform::rfc3339(*at));
}

std::uint64_t number_in(const std::string& field) {
    return field.empty() ? 0 : std::stoull(field);
}

/// Of the fields that the export reads. @return nothing when there is no such user
std::optional<domain::User> user_in(const std::vector<std::string>& fields) {
    if (fields[export_fields::settings].empty()) return std::nullopt;
    const auto packed = static_cast<std::uint32_t>(number_in(fields[export_fields::settings]));
    const auto settings = domain::Settings::unpack(packed);
    if (!settings) throw store::Corrupt("settings of an unknown format");
    domain::User user;
    user.settings = *settings;
    user.seen = number_in(fields[export_fields::seen]);
    user.version = number_in(fields[export_fields::version]);
    const auto last = static_cast<std::int64_t>(number_in(fields[export_fields::last_auth]));
    if (last != 0) user.last_auth_time = platform::unix_millis(last);
    return user;
}

} // namespace

Exporter::Exporter(const store::Context& context, Vault& vault, TransferKey* key, Write write)
    : tenants_(context, vault), tenant_store_(context), settings_(context), factors_(context),
      credentials_(context), scan_(context), vault_(vault), key_(key), write_(std::move(write)) {}

bool Exporter::is_wanted(const std::string& tenant) const {
    return rules_.contains(tenant);
}

Awaitable<void> Exporter::write_tenant(const std::string& tenant) {
    const std::optional<store::TenantRecord> record = co_await tenants_.record(tenant);
    const std::optional<store::ProjectRecord> project = co_await settings_.project(tenant);
    if (!record || !project) co_return;
    rules_[tenant] = project->rules;
    const FactorSet policy = project->rules.policy;
    const bool in_two = project->rules.default_setting == DefaultSetting::allowed_email &&
                        !policy.contains(FactorType::email);
    const bool secret = holds_secret(record->jwt);
    const bool seal = key_ != nullptr && secret;
    showed_secrets_ = showed_secrets_ || (secret && !seal);
    const auto put = [&](const std::string& line) {
        write_(seal ? key_->seal("tenant", line) : line);
    };
    put(tenant_line(*record, *project, in_two ? policy | FactorType::email : policy));
    if (in_two) put(policy_line(*record, policy));
}

std::string Exporter::user_line(
    const UserRef& ref, const Fields& fields, const domain::TenantRules& rules) {
    const domain::User user = domain::folded(*user_in(fields), rules);
    const domain::Settings& settings = user.settings;
    const store::StoredAddress stored{
        fields[export_fields::address], fields[export_fields::address_digest]};
    JsonText text;
    text.begin_object().key("user").begin_object().member("tenant", ref.tenant);
    text.member("id", ref.user);
    if (const auto address = open_address(stored, ref, vault_)) {
        text.member("email", address->address());
        if (settings.enrolled.contains(FactorType::email)) text.member("email_verified", true);
    }
    if (!fields[export_fields::locale].empty())
        text.member("locale", fields[export_fields::locale]);
    text.key("mfa").begin_object();
    append_factors(text, "allowed", settings.allowed);
    append_factors(text, "enabled", settings.enabled);
    text.member("change_restricted", settings.change_restricted);
    text.member("own_setting", settings.own);
    text.key("last_auth_time");
    if (user.last_auth_time)
        text.value(platform::rfc3339(*user.last_auth_time));
    else
        text.null();
    text.member("version", user.version);
    return std::move(text.end_object().end_object().end_object()).str();
}

Awaitable<void> Exporter::write_user(const UserRef& user, bool factors) {
    const auto rules = rules_.find(user.tenant);
    if (rules == rules_.end()) co_return;
    const Fields fields = co_await factors_.fields(user, export_fields::names());
    if (fields[export_fields::settings].empty()) co_return; // removed meanwhile
    write_(user_line(user, fields, rules->second));
    if (!factors || key_ == nullptr) co_return;
    if (const auto line = factors_line(user, fields, vault_)) write_(key_->seal("factors", *line));
}

Awaitable<void> Exporter::write_credential(const std::string& digest) {
    const std::optional<domain::Credential> credential = co_await credentials_.find(digest);
    if (!credential || !is_wanted(credential->tenant)) co_return;
    JsonText text;
    text.begin_object().key("credential").begin_object().member("tenant", credential->tenant);
    text.member("kind", to_string(credential->kind)).member("id", credential->id);
    text.member("secret_sha256", digest);
    if (!credential->user.empty()) text.member("user", credential->user);
    text.key("permissions").raw(credential->permissions_json);
    append_time(text, "created_at", credential->created_at);
    append_time(text, "expires_at", credential->expires_at);
    write_(text.end_object().end_object().str());
}

Awaitable<void> Exporter::write_account(const std::string& login) {
    const std::optional<store::PanelAccount> account = co_await credentials_.panel_account(login);
    if (!account || !is_wanted(account->tenant)) co_return;
    JsonText text;
    text.begin_object().key("panel_account").begin_object().member("tenant", account->tenant);
    text.member("login", account->login).member("password_hash", account->password_hash);
    text.key("permissions").raw(account->permissions_json);
    write_(text.end_object().end_object().str());
}

Awaitable<bool> Exporter::write(const std::string& tenant, bool factors) {
    if (key_ != nullptr) write_(key_->header());
    if (tenant.empty()) {
        const std::vector<std::string> all = co_await tenant_store_.list();
        for (const std::string& id : all)
            if (!is_wanted(id)) co_await write_tenant(id);
    } else {
        co_await write_tenant(tenant);
        if (rules_.empty()) co_return false;
    }
    std::string cursor;
    do {
        const store::ScanPage page = co_await scan_.page(cursor);
        for (const UserRef& user : page.users)
            co_await write_user(user, factors);
        for (const std::string& digest : page.credentials)
            co_await write_credential(digest);
        for (const std::string& login : page.logins)
            co_await write_account(login);
        cursor = page.cursor;
    } while (!cursor.empty());
    co_return true;
}

} // namespace mfad::service
