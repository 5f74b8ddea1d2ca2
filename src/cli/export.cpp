#include "command.hpp"
#include "transfer_secret.hpp"

#include "mfad/app/admin.hpp"

#include <iostream>
#include <stdexcept>

namespace mfad::cli {
namespace {

struct ExportCall {
    std::string tenant;
    bool factors = false;
    bool encrypt = false;
};

int export_to(
    const platform::Config& config, const ExportCall& call, const SecretOptions& options) {
    SecretSource source(options, SecretSource::Use::fresh);
    app::ExportWish wish;
    wish.tenant = call.tenant;
    wish.factors = call.factors;
    const bool named = !options.passphrase_file.empty() || !options.key_file.empty();
    if (call.factors || call.encrypt || named) {
        wish.secret = source.get();
        if (wish.secret == nullptr)
            throw std::runtime_error(
                "there is nothing to encrypt with: name a --passphrase-file or a --key-file, or "
                "set MFAD_EXPORT_PASSPHRASE (factors are never exported in the clear)");
    }
    return app::export_all(config, wish, std::cout, std::cerr);
}

} // namespace

void add_export(CLI::App& app, Invocation& invocation) {
    auto* call = app.add_subcommand(
        "export", "write the whole state as NDJSON that import takes, to standard output");
    auto wanted = std::make_shared<ExportCall>();
    call->add_option("--tenant", wanted->tenant, "this tenant alone");
    call->add_flag(
        "--with-factors", wanted->factors,
        "factors as well: keys of authenticator apps and hashes of recovery codes, encrypted");
    call->add_flag(
        "--encrypt", wanted->encrypt, "encrypt the secrets of tenants without --with-factors, too");
    const auto options = add_secret_options(*call);
    call->callback([&invocation, wanted, options] {
        const platform::LoadedConfig loaded = invocation.load();
        invocation.status = export_to(loaded.config, *wanted, *options);
    });
}

} // namespace mfad::cli
