#include "mfad/service/tenant_admin.hpp"

#include "mfad/platform/json_text.hpp"
#include "mfad/service/factor_view.hpp"
#include "mfad/service/field_reader.hpp"
#include "mfad/service/settings_service.hpp"

#include <boost/json.hpp>

#include <span>

namespace mfad::service {
namespace {

namespace json = boost::json;
using domain::Refusal;
using domain::Result;
using runtime::Awaitable;
using Code = Refusal::Code;

// Changes of one tenant that meet begin anew; so many in a row never meet.
constexpr unsigned max_tries = 16;

constexpr std::string_view document_members[] = {"name", "limits", "webauthn", "mail", "options"};

std::string_view text_of(const json::string& text) {
    return {text.data(), text.size()};
}

json::object members_of(const json::object& from, std::span<const std::string_view> names) {
    json::object shown;
    for (const std::string_view name : names)
        if (const json::value* value = from.if_contains(name)) shown[name] = *value;
    return shown;
}

/// What is public of a JWK set: a key of `oct` has its secret in it.
json::object public_keys(const json::value& jwks) {
    static constexpr std::string_view known[] = {"kty", "kid", "use", "key_ops", "alg",
                                                 "crv", "x",   "y",   "n",       "e"};
    json::array keys;
    for (const json::value& key : jwks.at("keys").as_array())
        keys.push_back(members_of(key.as_object(), known));
    json::object shown;
    shown["keys"] = std::move(keys);
    return shown;
}

/// The issuers of a tenant, by what is no secret.
json::array shown_issuers(const std::string& jwt) {
    static constexpr std::string_view known[] = {"iss",      "use",        "alg",
                                                 "jwks_uri", "user_claim", "permissions"};
    json::array shown;
    if (jwt.empty()) return shown;
    const json::value issuers = json::parse(jwt);
    for (const json::value& issuer : issuers.as_array()) {
        json::object entry = members_of(issuer.as_object(), known);
        if (const json::value* jwks = issuer.as_object().if_contains("jwks"))
            entry["jwks"] = public_keys(*jwks);
        shown.push_back(std::move(entry));
    }
    return shown;
}

std::string definition_json(
    const store::TenantRecord& record, const json::object& document,
    const domain::TenantRules& rules) {
    const auto part = [&document](std::string_view name) {
        const json::value* value = document.if_contains(name);
        return value != nullptr ? json::serialize(*value) : std::string("{}");
    };
    const json::value* name = document.if_contains("name");
    platform::JsonText body;
    body.begin_object().member("id", record.id);
    body.member("name", name != nullptr ? text_of(name->as_string()) : record.id);
    append_factors(body, "allowed", rules.policy);
    body.key("default").raw(default_setting_json(rules.default_setting));
    body.key("jwt").raw(json::serialize(shown_issuers(record.jwt)));
    body.key("limits").raw(part("limits"));
    if (document.contains("webauthn")) body.key("webauthn").raw(part("webauthn"));
    body.key("mail").raw(part("mail"));
    body.key("options").raw(part("options"));
    return std::move(body.end_object()).str();
}

json::object stored_document(const store::TenantRecord& record) {
    const Result<json::object> document = parse_json_object(record.document);
    if (!document) throw store::Corrupt("a tenant's record that cannot be read");
    return *document;
}

/// The definition with members of a patch in place of its own.
Result<TenantDefinition> amended(const store::TenantRecord& record, const json::object& patch) {
    json::object definition = stored_document(record);
    for (const std::string_view name : document_members)
        if (const json::value* value = patch.if_contains(name)) {
            if (value->is_null())
                definition.erase(name);
            else
                definition[name] = *value;
        }
    for (const std::string_view name : {"allowed", "default"})
        if (const json::value* value = patch.if_contains(name)) definition[name] = *value;
    definition["id"] = record.id;
    return read_tenant(definition, {});
}

std::optional<Refusal> unknown_members(const json::object& patch) {
    static constexpr std::string_view known[] = {"name",     "allowed", "default", "limits",
                                                 "webauthn", "mail",    "options"};
    FieldReader in(patch, {});
    in.refuse_others(known);
    return in.failed();
}

} // namespace

Awaitable<Result<std::string>> TenantAdmin::describe(const Call& call) {
    const std::optional<store::TenantRecord> record = co_await tenants_.record(call.tenant->id);
    const auto rules = co_await settings_.rules(call.tenant->id);
    if (!record || !rules) co_return domain::refuse(Code::no_such_tenant);
    co_return definition_json(*record, stored_document(*record), *rules);
}

Awaitable<Result<void>> TenantAdmin::amend(Call& call, const json::object& patch) {
    if (const auto fault = unknown_members(patch)) co_return *fault;
    const std::string& id = call.tenant->id;
    const auto entry = idempotency_of(call, context_.keys(), lifetimes_);
    const store::Idempotency* const key = entry ? &*entry : nullptr;
    for (unsigned tries = 0; tries < max_tries; ++tries) {
        const std::optional<store::TenantRecord> record = co_await tenants_.record(id);
        if (!record) co_return domain::refuse(Code::no_such_tenant);
        const Result<TenantDefinition> definition = amended(*record, patch);
        if (!definition) co_return definition.error();
        store::TenantChange change = change_of(*definition);
        change.expected_document = record->document;
        const store::TenantOutcome outcome = co_await settings_.change_tenant(id, change, key);
        if (outcome.outdated) continue;
        if (outcome.replay == store::Replay::key_reused) co_return domain::refuse(Code::key_reused);
        if (outcome.status != domain::ChangeStatus::done)
            co_return domain::refuse(refusal_code(outcome.status));
        co_return Result<void>{};
    }
    co_return domain::refuse(Code::unavailable);
}

} // namespace mfad::service
