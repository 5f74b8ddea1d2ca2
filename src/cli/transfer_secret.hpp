#pragma once

#include "mfad/app/admin.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <string>

namespace mfad::cli {

/// Where the secret of an encrypted export is. Never an argument: those are seen by everybody on
/// the machine.
struct SecretOptions {
    std::string passphrase_file;
    std::string key_file;
};

std::shared_ptr<SecretOptions> add_secret_options(CLI::App& call);

/// The secret, fetched when it is first asked for: of a file, else a passphrase of the environment
/// (MFAD_EXPORT_PASSPHRASE), else one that is typed at the terminal.
class SecretSource {
public:
    enum class Use : std::uint8_t {
        existing, ///< of a file that is read
        fresh,    ///< to be chosen: typed twice, and not too short
    };
    SecretSource(const SecretOptions& options, Use use) : options_(options), use_(use) {}

    /// @return null when there is none of this kind @throws std::runtime_error for a bad file
    const app::TransferSecret* get(app::TransferSecret::Kind kind);
    /// Of whichever kind was named.
    const app::TransferSecret* get();

private:
    std::optional<app::TransferSecret> fetch(app::TransferSecret::Kind kind) const;

    const SecretOptions& options_;
    Use use_;
    std::optional<app::TransferSecret> secret_;
};

} // namespace mfad::cli
