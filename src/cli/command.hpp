#pragma once

#include "mfad/platform/config.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

/// The command line: one subcommand a file.
namespace mfad::cli {

/// What every call takes, and what it came to.
struct Invocation {
    std::optional<std::filesystem::path> config_file;
    int status = 0;

    /// The configuration in force. @throws platform::BadConfig
    platform::LoadedConfig load() const;
};

/// Adds a subcommand; what it does runs once its arguments have been read.
void add_serve(CLI::App& app, Invocation& invocation);
void add_worker(CLI::App& app, Invocation& invocation);
void add_import(CLI::App& app, Invocation& invocation);
void add_export(CLI::App& app, Invocation& invocation);
void add_key(CLI::App& app, Invocation& invocation);
void add_keys(CLI::App& app, Invocation& invocation);
void add_user(CLI::App& app, Invocation& invocation);
void add_audit(CLI::App& app, Invocation& invocation);
void add_limits(CLI::App& app, Invocation& invocation);
void add_outbox(CLI::App& app, Invocation& invocation);
void add_check(CLI::App& app, Invocation& invocation);
void add_version(CLI::App& app, Invocation& invocation);

} // namespace mfad::cli
