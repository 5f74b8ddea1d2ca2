#include "mfad/app/admin.hpp"

#include "column.hpp"
#include "installation.hpp"
#include "run_once.hpp"

#include "mfad/domain/identity.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/json_text.hpp"
#include "mfad/service/import.hpp"

#include <sstream>

namespace mfad::app {
namespace {

using runtime::Awaitable;

constexpr std::size_t min_id = 8;

/// `users:read,update;tenant:update` as `{"users":["read","update"],"tenant":["update"]}`.
std::string permissions_json(const std::string& text) {
    platform::JsonText json;
    json.begin_object();
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ';');) {
        const auto colon = part.find(':');
        if (colon == std::string::npos || colon == 0)
            throw StartFailure("--permissions: must be like users:read,update");
        json.key(part.substr(0, colon)).begin_array();
        std::istringstream operations(part.substr(colon + 1));
        for (std::string operation; std::getline(operations, operation, ',');)
            json.value(operation);
        json.end_array();
    }
    return std::move(json.end_object()).str();
}

/// A secret of its kind: sessions have 32 hexadecimal digits, as Navixy's have; the others 256
/// bits.
std::string new_secret(const std::string& kind) {
    if (kind == "session") return platform::hex(platform::random_bytes(16));
    return "mfad_" + kind + "_" + platform::base64url(platform::random_bytes(32));
}

/// The import line that makes the credential: one way in for all of them.
std::string import_line(
    const NewCredential& wanted, const std::string& secret,
    std::chrono::milliseconds session_lifetime) {
    platform::JsonText json;
    json.begin_object().key("credential").begin_object();
    json.member("tenant", wanted.tenant).member("kind", wanted.kind).member("secret", secret);
    if (!wanted.user.empty()) json.member("user", wanted.user);
    const bool session = wanted.kind == "session" && wanted.permissions.empty();
    if (!wanted.permissions.empty() || session)
        json.key("permissions")
            .raw(permissions_json(session ? "users:read,update" : wanted.permissions));
    json.member("created_at", platform::rfc3339(platform::wall_now()));
    auto lifetime = wanted.lifetime;
    if (!lifetime && wanted.kind == "session") lifetime = session_lifetime;
    if (lifetime) json.member("expires_at", platform::rfc3339(platform::wall_now() + *lifetime));
    return std::move(json.end_object().end_object()).str();
}

Awaitable<void> apply_line(
    redis::Connection& connection, const Installation& installation,
    const service::ImportLine& line, domain::Result<void>& result) {
    const store::Context store = command_store(connection, installation);
    service::Vault vault(installation.keys());
    service::Importer importer(store, vault, {});
    result = co_await importer.apply(line);
}

Awaitable<void> list_all(
    redis::Connection& connection, const Installation& installation, const std::string& tenant,
    std::vector<domain::Credential>& found) {
    const store::Context store = command_store(connection, installation);
    const store::CredentialStore credentials(store);
    found = co_await credentials.list(tenant);
}

/// Revokes the one credential of this id. @return how many have it
Awaitable<void> revoke_one(
    redis::Connection& connection, const Installation& installation, const std::string& id,
    std::size_t& count) {
    const store::Context store = command_store(connection, installation);
    const store::CredentialStore credentials(store);
    const std::vector<std::string> digests = co_await credentials.digests_of(id);
    count = digests.size();
    if (count == 1) co_await credentials.remove(digests.front());
}

bool is_hex(const std::string& text) {
    return text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

} // namespace

int create_credential(
    const platform::Config& config, const NewCredential& wanted, std::ostream& out,
    std::ostream& err) {
    const std::string secret = new_secret(wanted.kind);
    const auto line =
        service::read_import_line(import_line(wanted, secret, config.auth.session_lifetime));
    if (!line) throw StartFailure(line.error().field + ": " + line.error().why);
    Installation installation(config);
    domain::Result<void> result;
    run_once(installation.link("key"), [&](redis::Connection& connection) {
        return apply_line(connection, installation, *line, result);
    });
    if (!result) {
        err << "mfad: " << result.error().field << ": " << result.error().why << "\n";
        return 1;
    }
    out << secret << "\n";
    return 0;
}

int list_credentials(const platform::Config& config, const std::string& tenant, std::ostream& out) {
    Installation installation(config);
    std::vector<domain::Credential> found;
    run_once(installation.link("key"), [&](redis::Connection& connection) {
        return list_all(connection, installation, tenant, found);
    });
    const auto time = [](const std::optional<platform::UnixMillis>& at) {
        return at ? platform::rfc3339(*at) : std::string("-");
    };
    out << column("ID", 18) << column("KIND", 9) << column("TENANT", 18) << column("USER", 18)
        << column("EXPIRES", 26) << "PERMISSIONS\n";
    for (const domain::Credential& c : found)
        out << column(c.id, 18) << column(to_string(c.kind), 9) << column(c.tenant, 18)
            << column(c.user.empty() ? "-" : c.user, 18) << column(time(c.expires_at), 26)
            << c.permissions_json << "\n";
    return 0;
}

int revoke_credential(
    const platform::Config& config, const std::string& id, std::ostream& out, std::ostream& err) {
    if (id.size() < min_id || !is_hex(id))
        throw StartFailure("ID: must be at least 8 hexadecimal digits, as `mfad key list` shows");
    Installation installation(config);
    std::size_t count = 0;
    run_once(installation.link("key"), [&](redis::Connection& connection) {
        return revoke_one(connection, installation, id, count);
    });
    if (count == 1) {
        out << "revoked " << id << "\n";
        return 0;
    }
    err << "mfad: "
        << (count == 0 ? "no credential has the id " : "more than one credential has the id ") << id
        << "\n";
    return 1;
}

} // namespace mfad::app
