#include "mfad/app/admin.hpp"

#include "installation.hpp"
#include "run_once.hpp"

#include "mfad/service/export.hpp"

namespace mfad::app {
namespace {

using runtime::Awaitable;

struct Exported {
    bool found = false;
    bool showed_secrets = false;
};

Awaitable<void> write_all(
    redis::Connection& connection, const Installation& installation, const ExportWish& wish,
    service::TransferKey* key, std::ostream& out, Exported& exported) {
    const store::Context store = command_store(connection, installation);
    service::Vault vault(installation.keys());
    const auto write = [&out](std::string_view line) {
        out << line << '\n';
        if (!out) throw StartFailure("the export cannot be written");
    };
    service::Exporter exporter(store, vault, key, write);
    exported.found = co_await exporter.write(wish.tenant, wish.factors);
    exported.showed_secrets = exporter.showed_secrets();
    out.flush();
    if (!out) throw StartFailure("the export cannot be written");
}

} // namespace

int export_all(
    const platform::Config& config, const ExportWish& wish, std::ostream& out, std::ostream& err) {
    Installation installation(config);
    std::optional<service::TransferKey> key;
    if (wish.secret != nullptr) key = service::TransferKey::make(*wish.secret);
    Exported exported;
    run_once(installation.link("export"), [&](redis::Connection& connection) {
        return write_all(connection, installation, wish, key ? &*key : nullptr, out, exported);
    });
    if (!exported.found) {
        err << "mfad: there is no tenant " << wish.tenant << "\n";
        return 1;
    }
    if (exported.showed_secrets)
        err << "It holds secrets that tenants sign tokens with, as they are: keep it as a secret, "
               "or have it encrypted (--encrypt).\n";
    return 0;
}

} // namespace mfad::app
