#include "mfad/service/tenant_document.hpp"

#include "webauthn_document.hpp"

#include "mfad/domain/email_address.hpp"
#include "mfad/domain/identity.hpp"
#include "mfad/platform/units.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <set>

namespace mfad::service {
namespace {

namespace json = boost::json;
using domain::DefaultSetting;
using domain::FactorSet;
using domain::FactorType;
using domain::Refusal;
using domain::Result;
using domain::Tenant;
using domain::TokenIssuer;
using Code = Refusal::Code;

constexpr std::size_t max_issuers = 32;
constexpr std::size_t max_url = 2048;
constexpr std::size_t max_origins = 16;

/// Reads a JWK set, or a secret, into the keys of an issuer.
void read_keys(FieldReader& in, TokenIssuer& issuer) {
    const auto secret = in.maybe_text("secret");
    const json::object* jwks = in.maybe_object("jwks");
    const auto uri = in.maybe_text("jwks_uri");
    if ((secret ? 1 : 0) + (jwks != nullptr ? 1 : 0) + (uri ? 1 : 0) != 1)
        return in.invalid("", "needs exactly one of secret, jwks and jwks_uri");
    if (uri && !uri->starts_with("https://")) return in.invalid("jwks_uri", "must be an https URL");
    issuer.jwks_uri = uri.value_or("");
    if (secret) {
        if (const auto alg = in.maybe_text("alg"); alg && *alg != "HS256")
            return in.invalid("alg", "must be HS256 for a secret");
        const auto key = platform::JwtKey::from_secret(*secret);
        if (!key) return in.invalid("secret", key.error().why);
        issuer.keys.push_back(*key);
    }
    if (jwks != nullptr) {
        const auto set = platform::JwkSet::from_json(*jwks);
        if (!set) return in.invalid("jwks", set.error().why);
        issuer.keys.assign(set->keys().begin(), set->keys().end());
    }
}

TokenIssuer read_issuer(FieldReader& in) {
    static constexpr std::string_view known[] = {"iss",  "use",      "alg",        "secret",
                                                 "jwks", "jwks_uri", "user_claim", "permissions"};
    TokenIssuer issuer;
    in.refuse_others(known);
    issuer.issuer = in.text("iss");
    if (const auto use = in.maybe_text("use"); use && *use == "server")
        issuer.use = TokenIssuer::Use::server;
    else if (use && *use != "user")
        in.invalid("use", "must be user or server");
    if (const auto claim = in.maybe_text("user_claim")) issuer.user_claim = *claim;
    if (const json::object* permissions = in.maybe_object("permissions")) {
        const auto read = read_permissions(*permissions, in.path("permissions"));
        if (read)
            issuer.permissions = *read;
        else
            in.adopt(read.error());
    }
    read_keys(in, issuer);
    return issuer;
}

/// One key may not be good for users and for servers: a user's token would pass for a server's.
void refuse_shared_keys(FieldReader& in, const std::vector<TokenIssuer>& issuers) {
    std::map<std::string, TokenIssuer::Use> use_of;
    for (const TokenIssuer& issuer : issuers)
        for (const platform::JwtKey& key : issuer.keys) {
            const auto [at, is_new] = use_of.try_emplace(key.thumbprint(), issuer.use);
            if (!is_new && at->second != issuer.use)
                in.invalid("jwt", "has one key under both uses, user and server");
        }
}

void read_issuers(FieldReader& in, const json::array& entries, Tenant& tenant) {
    if (entries.size() > max_issuers) return in.invalid("jwt", "has more than 32 entries");
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const std::string path = in.path("jwt[" + std::to_string(i) + "]");
        if (!entries[i].is_object())
            return in.adopt(domain::refuse(Code::wrong_type, path, "must be an object"));
        FieldReader entry(entries[i].get_object(), path);
        tenant.issuers.push_back(read_issuer(entry));
        in.adopt(entry.failed());
    }
    refuse_shared_keys(in, tenant.issuers);
}

void read_limits(FieldReader& in, const json::object& limits, Tenant& tenant) {
    for (const auto& [name, value] : limits) {
        const std::string path = in.path("limits") + "." + std::string(name);
        const json::string* text = value.if_string();
        const auto rate =
            text != nullptr ? platform::parse_limit({text->data(), text->size()}) : std::nullopt;
        if (!domain::dialect_name(name))
            return in.adopt(domain::refuse(Code::invalid, path, "is not the name of a dialect"));
        if (!rate)
            return in.adopt(domain::refuse(
                Code::invalid, path, "must be a rate such as 100/1m, over 1s to 24h"));
        tenant.limits[std::string(name)] = {std::string(name), rate->limit, rate->period};
    }
}

void read_dialects(FieldReader& in, const json::array& names, Tenant& tenant) {
    tenant.dialects = 0;
    for (const json::value& name : names) {
        const auto dialect =
            name.is_string() ? domain::dialect_name(name.get_string()) : std::nullopt;
        if (!dialect)
            return in.invalid(
                "dialects", "must name dialects: xsolla, rebilly, quiva, navixy, native");
        tenant.dialects =
            static_cast<std::uint8_t>(tenant.dialects | static_cast<unsigned>(*dialect));
    }
}

/// What stands behind the scheme of a web address, in visible ASCII; nothing for anything else.
std::optional<std::string_view> behind_web_scheme(std::string_view url) {
    const bool visible = std::ranges::all_of(url, [](char c) { return c > ' ' && c <= '~'; });
    for (const std::string_view scheme : {"https://", "http://"})
        if (visible && url.size() > scheme.size() && url.starts_with(scheme))
            return url.substr(scheme.size());
    return std::nullopt;
}

/// An origin as browsers write it: no path, no upper case.
bool is_origin(std::string_view text) {
    const auto host = behind_web_scheme(text);
    return host && text.size() <= max_url &&
           host->find_first_of("/?#@*,ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

void read_xsolla_options(FieldReader& in, Tenant& tenant) {
    if (const auto url = in.maybe_text("xsolla.callback_url")) {
        const auto rest = behind_web_scheme(*url);
        if (!rest || url->size() > max_url ||
            rest->find_first_of("#\"<>") != std::string_view::npos)
            in.invalid("xsolla.callback_url", "must be an http or https URL without a fragment");
        tenant.xsolla_callback_url = *url;
    }
    const json::array* origins = in.maybe_array("xsolla.widget_origins");
    for (std::size_t i = 0; origins != nullptr && i < origins->size(); ++i) {
        const json::string* text = (*origins)[i].if_string();
        if (text == nullptr || origins->size() > max_origins ||
            !is_origin({text->data(), text->size()}))
            return in.invalid(
                "xsolla.widget_origins",
                "must be a list of at most 16 origins such as https://login.example.com");
        tenant.xsolla_widget_origins.emplace_back(text->data(), text->size());
    }
}

void read_options(FieldReader& in, Tenant& tenant) {
    static constexpr std::string_view known[] = {
        "rebilly.builtin_type",
        "email.require_verification",
        "navixy.default_applies_to",
        "navixy.max_ids",
        "jwt.provision",
        "dialects",
        "xsolla.callback_url",
        "xsolla.widget_origins",
        "passkey.first_factor"};
    in.refuse_others(known);
    if (const auto type = in.maybe_text("rebilly.builtin_type")) {
        if (*type != "guardian" && *type != "otp")
            in.invalid("rebilly.builtin_type", "must be guardian or otp");
        tenant.rebilly_builtin_is_otp = *type == "otp";
    }
    if (const auto scope = in.maybe_text("navixy.default_applies_to")) {
        if (*scope != "new" && *scope != "unset")
            in.invalid("navixy.default_applies_to", "must be new or unset");
        tenant.navixy_default_applies_unset = *scope == "unset";
    }
    tenant.verified_addresses_only = in.maybe_flag("email.require_verification").value_or(false);
    tenant.provisions_users = in.maybe_flag("jwt.provision").value_or(false);
    tenant.navixy_max_ids =
        static_cast<unsigned>(in.maybe_integer("navixy.max_ids", 1, 1000).value_or(1000));
    read_xsolla_options(in, tenant);
    tenant.passkey_first_factor = in.maybe_flag("passkey.first_factor").value_or(false);
    if (const json::array* names = in.maybe_array("dialects")) read_dialects(in, *names, tenant);
}

/// `address`, or `name <address>`: ASCII in the address, as mail servers have it.
bool is_sender(std::string_view text) {
    if (const auto open = text.find('<'); open != std::string_view::npos) {
        if (!text.ends_with('>')) return false;
        text = text.substr(open + 1, text.size() - open - 2);
    }
    const bool ascii = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
    return ascii && domain::EmailAddress::parse(text).has_value();
}

/// An address, a URL, a telephone number: whatever a line of a mail may name.
bool is_contact(std::string_view text) {
    const auto control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; };
    return text.size() <= 128 && std::ranges::none_of(text, control);
}

/// What is stored in the clear: name, limits, webauthn, mail, options.
void read_document(FieldReader& in, Tenant& tenant) {
    tenant.name = in.maybe_text("name").value_or("");
    if (tenant.name.empty()) tenant.name = tenant.id;
    if (const json::object* limits = in.maybe_object("limits")) read_limits(in, *limits, tenant);
    if (const json::object* mail = in.maybe_object("mail")) {
        static constexpr std::string_view known[] = {"from", "contact"};
        FieldReader part(*mail, in.path("mail"));
        part.refuse_others(known);
        tenant.mail_from = part.maybe_text("from").value_or("");
        if (part.has("from") && !is_sender(tenant.mail_from))
            part.invalid("from", "must be an address, or a name and <address>");
        tenant.mail_contact = part.maybe_text("contact").value_or("");
        if (!is_contact(tenant.mail_contact))
            part.invalid("contact", "must be one line of at most 128 bytes");
        in.adopt(part.failed());
    }
    if (const json::object* webauthn = in.maybe_object("webauthn")) {
        FieldReader part(*webauthn, in.path("webauthn"));
        tenant.relying_party = read_relying_party(part);
        in.adopt(part.failed());
    }
    if (const json::object* options = in.maybe_object("options")) {
        FieldReader part(*options, in.path("options"));
        read_options(part, tenant);
        in.adopt(part.failed());
    }
}

std::optional<DefaultSetting> read_default(FieldReader& in) {
    if (in.is_null("default")) return DefaultSetting::none;
    const json::object* value = in.maybe_object("default");
    if (value == nullptr) return std::nullopt;
    FieldReader part(*value, in.path("default"));
    const std::string_view type = part.text("type");
    const json::array* factors = part.maybe_array("factor_types");
    in.adopt(part.failed());
    if (type == "disallowed" && (factors == nullptr || factors->empty()))
        return DefaultSetting::disallowed;
    if (type == "allowed" && factors != nullptr && *factors == json::array{"email"})
        return DefaultSetting::allowed_email;
    in.invalid(
        "default",
        R"(must be null, {"type":"disallowed"} or {"type":"allowed","factor_types":["email"]})");
    return std::nullopt;
}

/// What Xsolla's calls on a project have set beside its factors.
std::optional<XsollaProject> read_xsolla_project(FieldReader& in) {
    const json::object* object = in.maybe_object("xsolla");
    if (object == nullptr) return std::nullopt;
    static constexpr std::string_view known[] = {"mfa_url", "priority"};
    FieldReader part(*object, in.path("xsolla"));
    part.refuse_others(known);
    XsollaProject project;
    project.mfa_url = part.maybe_text("mfa_url").value_or("");
    if (!project.mfa_url.empty() &&
        (project.mfa_url.size() > max_url || !behind_web_scheme(project.mfa_url)))
        part.invalid("mfa_url", "must be an http or https URL");
    if (const auto priority = part.maybe_integer("priority", 1, 2))
        project.priority = std::to_string(*priority);
    in.adopt(part.failed());
    return project;
}

/// The members of a definition that are stored in the clear, as they came.
std::string stored_document(const json::object& definition) {
    json::object stored;
    for (const std::string_view member : {"name", "limits", "webauthn", "mail", "options"})
        if (const json::value* value = definition.if_contains(member)) stored[member] = *value;
    return json::serialize(stored);
}

} // namespace

Result<FactorSet> read_factors(const json::array& names, std::string_view field) {
    FactorSet factors;
    for (const json::value& name : names) {
        const auto type = name.is_string() ? domain::factor_type(name.get_string()) : std::nullopt;
        if (!type)
            return domain::refuse(
                Code::invalid, std::string(field),
                "must name factors: email, totp, passkey, recovery_code, duo, guardian");
        factors = factors | *type;
    }
    return factors;
}

Result<domain::Permissions> read_permissions(
    const json::object& permissions, std::string_view field) {
    const auto is_name = [](std::string_view text) { return !text.empty() && text.size() <= 64; };
    const auto refusal = [&] {
        return domain::refuse(
            Code::invalid, std::string(field),
            R"(must map categories to operations: {"users":["read"]})");
    };
    domain::Permissions read;
    for (const auto& [category, operations] : permissions) {
        if (!operations.is_array() || !is_name(category)) return refusal();
        for (const json::value& operation : operations.get_array()) {
            if (!operation.is_string() || !is_name(operation.get_string())) return refusal();
            if (const auto p = domain::permission(category, operation.get_string())) read.add(*p);
        }
    }
    return read;
}

Result<TenantDefinition> read_tenant(const json::object& object, const std::string& path) {
    static constexpr std::string_view known[] = {"id",      "name",   "allowed",  "default",
                                                 "jwt",     "limits", "webauthn", "mail",
                                                 "options", "xsolla"};
    FieldReader in(object, path);
    in.refuse_others(known);
    TenantDefinition definition;
    Tenant& tenant = definition.tenant;
    tenant.id = in.text("id");
    if (!tenant.id.empty() && !domain::is_valid_id(tenant.id))
        in.invalid("id", "must be 1 to 128 visible ASCII characters without / ? # % \"");
    read_document(in, tenant);
    if (tenant.relying_party && !in.failed())
        in.adopt(lint_relying_party(*tenant.relying_party, in.path("webauthn")));
    if (const json::array* allowed = in.maybe_array("allowed")) {
        const auto factors = read_factors(*allowed, in.path("allowed"));
        if (factors)
            definition.allowed = *factors;
        else
            in.adopt(factors.error());
    }
    definition.default_setting = read_default(in);
    definition.xsolla = read_xsolla_project(in);
    if (const json::array* jwt = in.maybe_array("jwt")) {
        read_issuers(in, *jwt, tenant);
        if (!jwt->empty()) definition.jwt = json::serialize(*jwt);
    }
    if (in.failed()) return *in.failed();
    definition.document = stored_document(object);
    return definition;
}

Result<Tenant> read_stored_tenant(
    std::string_view id, std::string_view document, std::string_view jwt) {
    Result<json::object> object = parse_json_object(document);
    if (!object) return object.error();
    Tenant tenant;
    tenant.id = id;
    FieldReader in(*object, "tenant");
    read_document(in, tenant);
    if (!jwt.empty()) {
        boost::system::error_code error;
        const json::value entries = json::parse(jwt, error);
        if (error || !entries.is_array()) return domain::refuse(Code::malformed, "tenant.jwt");
        read_issuers(in, entries.get_array(), tenant);
    }
    if (in.failed()) return *in.failed();
    return tenant;
}

std::string default_setting_json(DefaultSetting value) {
    switch (value) {
    case DefaultSetting::none: break;
    case DefaultSetting::disallowed: return R"({"type":"disallowed"})";
    case DefaultSetting::allowed_email: return R"({"type":"allowed","factor_types":["email"]})";
    }
    return "null";
}

} // namespace mfad::service
