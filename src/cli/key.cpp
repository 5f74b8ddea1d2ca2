#include "command.hpp"

#include "mfad/app/admin.hpp"
#include "mfad/platform/clock.hpp"

#include <iostream>
#include <map>

namespace mfad::cli {
namespace {

void add_create(CLI::App& key, Invocation& invocation) {
    auto* call = key.add_subcommand("create", "make a credential; its secret is printed once");
    auto wanted = std::make_shared<app::NewCredential>();
    auto lifetime = std::make_shared<std::string>();
    auto permissions = std::make_shared<std::vector<std::string>>();
    call->add_option("--tenant", wanted->tenant, "the tenant that it belongs to")->required();
    call->add_option("--kind", wanted->kind, "what it may be used as")
        ->required()
        ->check(CLI::IsMember({"server", "secret", "session"}));
    call->add_option(
        "--user", wanted->user,
        "the user whose key a secret is; a secret of no user has no profile of its own");
    call->add_option("--permissions", *permissions, "such as users:read,update; may be repeated")
        ->delimiter(';');
    call->add_option(
        "--ttl", *lifetime,
        "how long it works, such as 24h; if not given, a session for auth.session_lifetime, others "
        "for ever");
    call->callback([&invocation, wanted, lifetime, permissions] {
        for (const std::string& part : *permissions)
            wanted->permissions += (wanted->permissions.empty() ? "" : ";") + part;
        if (!lifetime->empty()) {
            wanted->lifetime = platform::parse_duration(*lifetime);
            if (!wanted->lifetime || wanted->lifetime->count() == 0)
                throw CLI::ValidationError("--ttl", "must be a duration such as 24h");
        }
        const platform::LoadedConfig loaded = invocation.load();
        invocation.status = app::create_credential(loaded.config, *wanted, std::cout, std::cerr);
    });
}

void add_keys_add(CLI::App& keys, Invocation& invocation) {
    using platform::JwtAlg;
    using platform::KeyUse;
    static const std::map<std::string, KeyUse> uses{
        {"signing", KeyUse::sign}, {"sealing", KeyUse::seal}, {"pepper", KeyUse::pepper}};
    static const std::map<std::string, JwtAlg> algs{
        {"ES256", JwtAlg::es256}, {"EdDSA", JwtAlg::eddsa}};
    auto* call = keys.add_subcommand(
        "add", "add a key; servers read it on SIGHUP, and one that signs is published first");
    auto use = std::make_shared<std::string>("signing");
    auto alg = std::make_shared<std::string>("ES256");
    call->add_option("--use", *use, "what it is for: signing (default), sealing or pepper")
        ->check(CLI::IsMember({"signing", "sealing", "pepper"}));
    call->add_option("--alg", *alg, "of one that signs: ES256 (default) or EdDSA")
        ->check(CLI::IsMember({"ES256", "EdDSA"}));
    call->callback([&invocation, use, alg] {
        const platform::LoadedConfig loaded = invocation.load();
        invocation.status = app::add_key(loaded.config, uses.at(*use), algs.at(*alg), std::cout);
    });
}

void add_keys_retire(CLI::App& keys, Invocation& invocation) {
    auto* call = keys.add_subcommand(
        "retire", "end the use of a key for what is new; never of the only one of its use");
    auto id = std::make_shared<unsigned>(0);
    call->add_option("ID", *id, "as `mfad keys list` shows it")
        ->required()
        ->check(CLI::Range(1, 255));
    call->callback([&invocation, id] {
        const platform::LoadedConfig loaded = invocation.load();
        invocation.status =
            app::retire_key(loaded.config, static_cast<std::uint8_t>(*id), std::cout, std::cerr);
    });
}

} // namespace

void add_key(CLI::App& app, Invocation& invocation) {
    auto* key = app.add_subcommand("key", "credentials of tenants, servers and users");
    key->require_subcommand(1);
    add_create(*key, invocation);

    auto* list = key->add_subcommand("list", "list credentials, without their secrets");
    auto tenant = std::make_shared<std::string>();
    list->add_option("--tenant", *tenant, "of this tenant alone");
    list->callback([&invocation, tenant] {
        const platform::LoadedConfig loaded = invocation.load();
        invocation.status = app::list_credentials(loaded.config, *tenant, std::cout);
    });

    auto* revoke = key->add_subcommand("revoke", "end a credential everywhere, within a second");
    auto id = std::make_shared<std::string>();
    revoke->add_option("ID", *id, "as `mfad key list` shows it")->required();
    revoke->callback([&invocation, id] {
        const platform::LoadedConfig loaded = invocation.load();
        invocation.status = app::revoke_credential(loaded.config, *id, std::cout, std::cerr);
    });
}

void add_keys(CLI::App& app, Invocation& invocation) {
    auto* keys = app.add_subcommand("keys", "the key file of the installation");
    keys->require_subcommand(1);
    auto* init = keys->add_subcommand("init", "make the key file; one that is there stays");
    init->callback([&invocation] {
        const platform::LoadedConfig loaded = invocation.load();
        invocation.status = app::init_keys(loaded.config, std::cout);
    });
    auto* list = keys->add_subcommand("list", "list its keys, without their secrets");
    list->callback([&invocation] {
        const platform::LoadedConfig loaded = invocation.load();
        invocation.status = app::list_keys(loaded.config, std::cout);
    });
    add_keys_add(*keys, invocation);
    add_keys_retire(*keys, invocation);
}

} // namespace mfad::cli
