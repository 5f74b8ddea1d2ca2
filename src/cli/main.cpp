#include "command.hpp"

#include <iostream>

namespace mfad::cli {
namespace {

constexpr int cannot_start = 2;

/// CLI11 says only that a subcommand is required, also to somebody who has mistyped one.
int refuse_arguments(const CLI::App& app, const CLI::ParseError& error) {
    const bool wanting = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    const std::vector<std::string> unknown = app.remaining(true);
    if (!wanting || unknown.empty()) return app.exit(error) == 0 ? 0 : cannot_start;
    std::cerr << "mfad: there is no call " << unknown.front()
              << "\nRun with --help for more information.\n";
    return cannot_start;
}

int run(int argc, char** argv) {
    CLI::App app{"Self-hosted server for multi-factor-authentication state", "mfad"};
    Invocation invocation;
    app.add_option(
        "--config", invocation.config_file,
        "configuration (default: config/mfad.toml, if it is there)");
    app.require_subcommand(1);
    app.fallthrough(); // `mfad serve --config FILE` as well as `mfad --config FILE serve`
    for (const auto add :
         {add_serve, add_worker, add_import, add_export, add_key, add_keys, add_user, add_audit,
          add_limits, add_outbox, add_check, add_version})
        add(app, invocation);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return refuse_arguments(app, error);
    }
    return invocation.status;
}

/// Runs the call; what kept it from starting is told on stderr.
int run_and_report(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const platform::BadConfig& error) {
        for (const std::string& problem : error.problems())
            std::cerr << problem << "\n";
    } catch (const std::exception& error) {
        std::cerr << "mfad: " << error.what() << "\n";
    }
    return cannot_start;
}

} // namespace

platform::LoadedConfig Invocation::load() const {
    return platform::load_config(config_file, platform::process_environment());
}

} // namespace mfad::cli

int main(int argc, char** argv) {
    return mfad::cli::run_and_report(argc, argv);
}
