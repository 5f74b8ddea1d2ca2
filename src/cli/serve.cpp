#include "command.hpp"

#include "mfad/app/server.hpp"

#include <iostream>

namespace mfad::cli {

void add_serve(CLI::App& app, Invocation& invocation) {
    auto* call = app.add_subcommand("serve", "serve HTTP and, unless switched off, send mail");
    auto options = std::make_shared<app::ServeOptions>();
    call->add_flag(
        "--demo", options->demo, "load the demo into an empty private Redis and say how to try it");
    call->callback([&invocation, options] {
        invocation.status =
            app::serve([&invocation] { return invocation.load(); }, *options, std::cout);
    });
}

void add_worker(CLI::App& app, Invocation& invocation) {
    auto* call = app.add_subcommand("worker", "send mail, and nothing else");
    call->callback([&invocation] {
        invocation.status = app::work([&invocation] { return invocation.load(); });
    });
}

} // namespace mfad::cli
