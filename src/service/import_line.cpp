#include "import_fields.hpp"

#include "mfad/service/import.hpp"

#include "mfad/domain/email_address.hpp"
#include "mfad/domain/identity.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/password.hpp"
#include "mfad/service/field_reader.hpp"
#include "mfad/service/transfer_key.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace mfad::service {
namespace {

namespace json = boost::json;
using domain::CredentialKind;
using domain::Refusal;
using domain::Result;
using domain::SettingsChange;
using Code = Refusal::Code;

constexpr std::size_t min_secret = 16;
constexpr std::size_t max_secret = 512;
constexpr std::int64_t max_version = std::int64_t{1} << 53; // as far as scripts count

std::optional<domain::FactorSet> read_set(FieldReader& in, std::string_view name) {
    const json::array* names = in.maybe_array(name);
    if (names == nullptr) return std::nullopt;
    const auto factors = read_factors(*names, in.path(name));
    if (factors) return *factors;
    in.adopt(factors.error());
    return std::nullopt;
}

void read_mfa(FieldReader& in, store::UserRecord& record) {
    static constexpr std::string_view known[] = {
        "allowed", "enabled", "change_restricted", "last_auth_time", "own_setting", "version"};
    in.refuse_others(known);
    record.allowed = read_set(in, "allowed");
    record.enabled = read_set(in, "enabled");
    if (const auto restricted = in.maybe_flag("change_restricted"))
        record.change_restricted =
            *restricted ? SettingsChange::Restriction::set : SettingsChange::Restriction::clear;
    record.own_setting = in.maybe_flag("own_setting").value_or(true);
    record.version = in.maybe_integer("version", 0, max_version).value_or(record.version);
    if (in.is_null("last_auth_time"))
        record.last_auth_time = platform::UnixMillis{};
    else
        record.last_auth_time = read_time(in, "last_auth_time");
}

Result<ImportLine> read_user(const json::object& object) {
    static constexpr std::string_view known[] = {"tenant",         "id",     "email",
                                                 "email_verified", "locale", "mfa"};
    FieldReader in(object, "user");
    in.refuse_others(known);
    ImportedUser user;
    user.record.user.tenant = read_id(in, "tenant");
    user.record.user.user = read_id(in, "id");
    if (in.is_null("email")) {
        user.email.emplace();
    } else if (const auto email = in.maybe_text("email")) {
        const auto address = domain::EmailAddress::parse(*email);
        if (!address) in.invalid("email", std::string(to_string(address.error())));
        user.email = *email;
    }
    user.record.address_verified = in.maybe_flag("email_verified").value_or(false);
    if (user.record.address_verified && !user.email)
        in.invalid("email_verified", "is of an email that is named with it");
    if (in.is_null("locale")) {
        user.record.locale.emplace();
    } else if (const auto locale = in.maybe_text("locale")) {
        if (!domain::is_locale(*locale))
            in.invalid("locale", "must be a language tag such as en or pt-BR");
        user.record.locale = *locale;
    }
    if (const json::object* mfa = in.maybe_object("mfa")) {
        FieldReader part(*mfa, in.path("mfa"));
        read_mfa(part, user.record);
        in.adopt(part.failed());
    }
    if (in.failed()) return *in.failed();
    return user;
}

/// Permissions as they are kept: the product's own bits, and the text that was given.
void read_permission_map(FieldReader& in, domain::Permissions& permissions, std::string& text) {
    const json::object* map = in.maybe_object("permissions");
    if (map == nullptr) return;
    const auto read = read_permissions(*map, in.path("permissions"));
    if (!read) return in.adopt(read.error());
    permissions = *read;
    text = json::serialize(*map);
}

/// The digest of a credential that is given as a secret, or as an export has it.
std::string read_digest(FieldReader& in) {
    const auto secret = in.maybe_text("secret");
    const auto digest = in.maybe_text("secret_sha256");
    in.maybe_text("id");
    if (secret.has_value() == digest.has_value()) {
        in.invalid("", "needs exactly one of secret and secret_sha256");
        return {};
    }
    if (digest) {
        const auto bytes = platform::from_hex(*digest);
        if (!bytes || bytes->size() != 32)
            in.invalid("secret_sha256", "must be 64 hexadecimal digits");
        return platform::hex(bytes.value_or(""));
    }
    const bool visible = std::ranges::all_of(*secret, [](char c) { return c > 0x20 && c < 0x7f; });
    if (secret->size() < min_secret || secret->size() > max_secret || !visible)
        in.invalid("secret", "must be 16 to 512 visible ASCII characters");
    if (std::ranges::count(*secret, '.') == 2)
        in.invalid("secret", "must not have exactly two dots: it would be taken for a token");
    return store::credential_digest(*secret);
}

Result<ImportLine> read_credential(const json::object& object) {
    static constexpr std::string_view known[] = {"tenant",      "kind",          "user",
                                                 "secret",      "secret_sha256", "id",
                                                 "permissions", "expires_at",    "created_at"};
    FieldReader in(object, "credential");
    in.refuse_others(known);
    ImportedCredential line;
    domain::Credential& credential = line.credential;
    credential.tenant = read_id(in, "tenant");
    const auto kind = domain::credential_kind(in.text("kind"));
    if (!kind) in.invalid("kind", "must be server, secret or session");
    credential.kind = kind.value_or(CredentialKind::secret);
    if (in.has("user")) credential.user = read_id(in, "user");
    if (credential.kind == CredentialKind::server && !credential.user.empty())
        in.invalid("user", "has no meaning for a server credential");
    credential.permissions_json = "{}";
    if (credential.kind == CredentialKind::server) {
        credential.permissions = domain::Permissions::all();
        credential.permissions_json =
            R"({"users":["read","update","create","delete"],"tenant":["read","update"]})";
    }
    read_permission_map(in, credential.permissions, credential.permissions_json);
    credential.created_at = read_time(in, "created_at");
    credential.expires_at = read_time(in, "expires_at");
    line.digest = read_digest(in);
    if (in.failed()) return *in.failed();
    return line;
}

Result<ImportLine> read_account(const json::object& object) {
    static constexpr std::string_view known[] = {
        "tenant", "login", "password", "password_hash", "permissions"};
    FieldReader in(object, "panel_account");
    in.refuse_others(known);
    ImportedAccount line;
    line.account.tenant = read_id(in, "tenant");
    line.account.login = read_id(in, "login");
    line.account.permissions_json = "{}";
    read_permission_map(in, line.account.permissions, line.account.permissions_json);
    const auto password = in.maybe_text("password");
    const auto hash = in.maybe_text("password_hash");
    if (password.has_value() == hash.has_value())
        in.invalid("", "needs exactly one of password and password_hash");
    if (password && (password->empty() || password->size() > max_secret))
        in.invalid("password", "must have 1 to 512 bytes");
    if (hash && !platform::is_usable_password_hash(*hash))
        in.invalid("password_hash", "must be an Argon2id hash");
    line.password = password.value_or("");
    line.account.password_hash = hash.value_or("");
    if (in.failed()) return *in.failed();
    return line;
}

template <class Part>
Result<ImportLine> line_of(Result<Part> part) {
    if (!part) return part.error();
    return ImportLine(std::move(*part));
}

} // namespace

Result<ImportLine> read_import_line(std::string_view text) {
    Result<json::object> line = parse_json_object(text);
    if (!line) return line.error();
    const auto refusal = domain::refuse(
        Code::invalid, {},
        "must have exactly one member: tenant, user, credential, panel_account, factors or "
        "otpauth_migration");
    if (line->size() != 1) return refusal;
    const auto& [name, value] = *line->begin();
    const json::object* object = value.if_object();
    if (object == nullptr)
        return domain::refuse(Code::wrong_type, std::string(name), "must be an object");
    if (name == "tenant") return line_of(read_tenant(*object));
    if (name == "user") return read_user(*object);
    if (name == "credential") return read_credential(*object);
    if (name == "panel_account") return read_account(*object);
    if (name == "factors") return line_of(read_factors_line(*object));
    if (name == "otpauth_migration") return line_of(read_migration_line(*object));
    return refusal;
}

ImportPass pass_of(std::string_view line) {
    const auto quote = line.find('"');
    if (quote == std::string_view::npos) return ImportPass::users;
    const std::string_view rest = line.substr(quote + 1);
    std::string kind(rest.substr(0, rest.find('"')));
    if (kind == "sealed") kind = sealed_kind(line);
    if (kind == "encryption") return ImportPass::keys;
    if (kind == "tenant") return ImportPass::tenants;
    if (kind == "factors" || kind == "otpauth_migration") return ImportPass::factors;
    return ImportPass::users;
}

} // namespace mfad::service
