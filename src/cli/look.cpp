#include "command.hpp"

#include "mfad/app/admin.hpp"

#include <iostream>

namespace mfad::cli {
namespace {

void add_user_show(CLI::App& user, Invocation& invocation) {
    auto* show = user.add_subcommand("show", "print a user's state as JSON, without secrets");
    auto tenant = std::make_shared<std::string>();
    auto id = std::make_shared<std::string>();
    show->add_option("TENANT", *tenant, "the tenant's id")->required();
    show->add_option("USER", *id, "the user's id")->required();
    show->callback([&invocation, tenant, id] {
        const platform::LoadedConfig loaded = invocation.load();
        invocation.status = app::show_user(loaded.config, *tenant, *id, std::cout, std::cerr);
    });
}

void add_user_reset(CLI::App& user, Invocation& invocation) {
    auto* reset = user.add_subcommand(
        "reset", "remove a user's factors and remembered devices; a mail tells him");
    auto tenant = std::make_shared<std::string>();
    auto id = std::make_shared<std::string>();
    reset->add_option("TENANT", *tenant, "the tenant's id")->required();
    reset->add_option("USER", *id, "the user's id")->required();
    reset->callback([&invocation, tenant, id] {
        const platform::LoadedConfig loaded = invocation.load();
        invocation.status = app::reset_user(loaded.config, *tenant, *id, std::cout, std::cerr);
    });
}

} // namespace

void add_user(CLI::App& app, Invocation& invocation) {
    auto* user = app.add_subcommand("user", "users of a tenant");
    user->require_subcommand(1);
    add_user_show(*user, invocation);
    add_user_reset(*user, invocation);
}

void add_audit(CLI::App& app, Invocation& invocation) {
    auto* audit = app.add_subcommand("audit", "what happened to users");
    audit->require_subcommand(1);
    auto* list = audit->add_subcommand("list", "list events as JSON lines, newest first");
    auto filter = std::make_shared<app::AuditFilter>();
    list->add_option("--tenant", filter->tenant, "of this tenant alone");
    list->add_option("--user", filter->user, "of users of this id alone");
    list->callback([&invocation, filter] {
        const platform::LoadedConfig loaded = invocation.load();
        invocation.status = app::list_audit(loaded.config, *filter, std::cout);
    });
}

void add_limits(CLI::App& app, Invocation& invocation) {
    auto* limits = app.add_subcommand("limits", "what limits have counted");
    limits->require_subcommand(1);
    const auto add = [&](const char* name, const char* what, auto task) {
        auto* call = limits->add_subcommand(name, what);
        auto key = std::make_shared<std::string>();
        call->add_option(
                "KEY", *key,
                "tenant/ID, user/TENANT/ID, address/ADDRESS, recipient/TENANT/EMAIL, domain/DOMAIN "
                "or mails")
            ->required();
        call->callback([&invocation, key, task] {
            const platform::LoadedConfig loaded = invocation.load();
            invocation.status = task(loaded.config, *key, std::cout, std::cerr);
        });
    };
    add("show", "list what is left to a tenant, a user, an address, or of mails", app::show_limits);
    add("reset", "take all of it for unused", app::reset_limits);
}

void add_outbox(CLI::App& app, Invocation& invocation) {
    auto* outbox = app.add_subcommand("outbox", "mail that is owed");
    outbox->require_subcommand(1);
    auto* list = outbox->add_subcommand("list", "list mail that is owed");
    auto dead = std::make_shared<bool>(false);
    list->add_flag("--dead", *dead, "mail that was given up, instead");
    list->callback([&invocation, dead] {
        const platform::LoadedConfig loaded = invocation.load();
        invocation.status = app::list_outbox(loaded.config, *dead, std::cout);
    });
    const auto add = [&](const char* name, const char* what, auto task) {
        auto* call = outbox->add_subcommand(name, what);
        auto id = std::make_shared<std::string>();
        call->add_option("ID", *id, "as `mfad outbox list` shows it, or its beginning")->required();
        call->callback([&invocation, id, task] {
            const platform::LoadedConfig loaded = invocation.load();
            invocation.status = task(loaded.config, *id, std::cerr);
        });
    };
    add("retry", "send mail now that was given up or waits, with all its attempts before it",
        app::retry_job);
    add("drop", "never send mail that was given up or waits", app::drop_job);
}

void add_check(CLI::App& app, Invocation& invocation) {
    auto* call = app.add_subcommand("check", "look at configuration, Redis, keys, clock and mail");
    call->callback([&invocation] { invocation.status = app::check(invocation.load(), std::cout); });
}

} // namespace mfad::cli
