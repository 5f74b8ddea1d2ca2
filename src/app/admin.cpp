#include "mfad/app/admin.hpp"

#include "column.hpp"
#include "demo.hpp"
#include "import_run.hpp"
#include "installation.hpp"
#include "run_once.hpp"

#include "mfad/platform/json_text.hpp"
#include "mfad/service/addresses.hpp"
#include "mfad/service/factors.hpp"
#include "mfad/store/settings_store.hpp"
#include "mfad/store/user_store.hpp"

#include <algorithm>
#include <limits>

namespace mfad::app {
namespace {

using runtime::Awaitable;

std::string_view name(platform::KeyUse use) {
    switch (use) {
    case platform::KeyUse::seal: return "seal";
    case platform::KeyUse::pepper: return "pepper";
    case platform::KeyUse::sign: break;
    }
    return "sign";
}

// ---- keys ---------------------------------------------------------------------------------------

constexpr std::string_view tell_servers =
    "Copy the file to every instance, and send SIGHUP to each server and worker.\n";

std::string_view state(const platform::KeyInfo& key, platform::UnixMillis now) {
    if (key.state == platform::KeyState::active) return "active";
    return key.published_until && *key.published_until <= now ? "gone" : "retired";
}

/// What a key signs, by which name, and from when or until when.
std::string signing(const platform::KeyInfo& key) {
    if (key.use != platform::KeyUse::sign) return "-";
    std::string text = key.alg + " " + key.kid;
    if (key.published_until)
        text += ", published until " + platform::rfc3339(*key.published_until);
    else
        text += ", from " + platform::rfc3339(key.signs_from);
    return text;
}

platform::KeyInfo info(const platform::KeyRing& ring, std::uint8_t id, platform::UnixMillis now) {
    const auto list = ring.list(now);
    return *std::ranges::find(list, id, &platform::KeyInfo::id);
}

// ---- user show ----------------------------------------------------------------------------------

struct ShownUser {
    std::optional<domain::MfaState> state;
    std::optional<store::Contact> contact;
};

Awaitable<void> read_user(
    redis::Connection& connection, const Installation& installation, const domain::UserRef& user,
    ShownUser& shown) {
    const store::Context store = command_store(connection, installation);
    const store::SettingsStore settings(store);
    const store::UserStore users(store);
    shown.state = co_await settings.read(user);
    shown.contact = co_await users.contact(user);
}

std::string user_json(const domain::UserRef& user, const ShownUser& shown, service::Vault& vault) {
    const domain::MfaState& state = *shown.state;
    platform::JsonText json;
    json.begin_object().member("tenant", user.tenant).member("id", user.user);
    const auto address = service::open_address(shown.contact->address, user, vault);
    if (address)
        json.member("email", address->masked());
    else
        json.key("email").null();
    json.member("locale", shown.contact->locale);
    json.key("mfa").begin_object();
    service::append_factors(json, "allowed", state.allowed);
    service::append_factors(json, "enabled", state.enabled);
    service::append_factors(json, "enrolled", state.enrolled);
    service::append_factors(json, "required", state.required());
    json.member("active", state.active()).member("change_restricted", state.change_restricted);
    json.key("last_auth_time");
    if (state.last_auth_time)
        json.value(platform::rfc3339(*state.last_auth_time));
    else
        json.null();
    json.member("version", state.version).end_object();
    return std::move(json.end_object()).str();
}

Awaitable<void> reset_factors(
    redis::Connection& connection, const Installation& installation, const domain::UserRef& user,
    std::optional<domain::Result<void>>& done) {
    const store::Context store = command_store(connection, installation);
    service::Vault vault(installation.keys());
    const auto nobody = [] {}; // a worker looks for mail by itself, too
    service::Factors factors(store, vault, nobody);
    done = co_await factors.reset(user, store::Actor::administrator);
}

// ---- import -------------------------------------------------------------------------------------

/// The next line; of one that is too long, its beginning. A file that cannot be read on has not
/// come to its end.
bool next_line(
    std::istream& in, const std::string& file, std::vector<char>& buffer, std::string& line) {
    in.getline(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    if (in.bad()) throw StartFailure(file + ": cannot be read");
    const auto count = static_cast<std::size_t>(in.gcount());
    if (count == 0) return false;
    const bool cut = in.fail();
    line.assign(buffer.data(), cut || in.eof() ? count : count - 1); // without the line's end
    if (!cut) return true;
    in.clear();
    in.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    return true;
}

} // namespace

int import_file(
    const platform::Config& config, const std::string& file, std::istream& in, std::ostream& err,
    bool progress, service::TransferKeys::Ask secret) {
    Installation installation(config);
    ImportRun run;
    std::vector<char> buffer(max_import_line + 2);
    run.next = [&](std::string& line) { return next_line(in, file, buffer, line); };
    run.rewind = [&in] {
        in.clear();
        in.seekg(0);
    };
    run.refused = [&](std::uint64_t line, const std::string& why) {
        err << (progress ? "\r" : "") << file << ":" << line << ": " << why << "\n";
    };
    if (progress)
        run.progress = [&err](const ImportProgress& so_far) {
            err << "\r" << so_far.applied << " lines" << std::flush;
        };
    run.secret = std::move(secret);
    run.allow_demo_secrets = may_hold_demo_secrets(config);
    const ImportProgress done = run_import(installation, run);
    if (progress) err << "\r";
    err << done.applied << " lines applied, " << done.refused << " refused\n";
    return done.refused == 0 ? 0 : 1;
}

int init_keys(const platform::Config& config, std::ostream& out) {
    const std::filesystem::path path = config.key_file();
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
    platform::KeyRing::generate(platform::wall_now()).save_new(path);
    out << "made " << path.string()
        << ": keep a copy; without it nothing that is stored can be read\n";
    return 0;
}

int list_keys(const platform::Config& config, std::ostream& out) {
    const auto now = platform::wall_now();
    const auto ring = platform::KeyRing::load(config.key_file());
    out << "ID   USE     STATE     IN USE  CREATED                   CHECK             SIGNS\n";
    for (const platform::KeyInfo& key : ring.list(now))
        out << column(std::to_string(key.id), 5) << column(name(key.use), 8)
            << column(state(key, now), 10) << column(key.in_use ? "yes" : "no", 8)
            << column(platform::rfc3339(key.created), 26) << column(key.check, 18) << signing(key)
            << "\n";
    return 0;
}

int add_key(
    const platform::Config& config, platform::KeyUse use, platform::JwtAlg alg, std::ostream& out) {
    const auto now = platform::wall_now();
    std::uint8_t id = 0;
    const auto ring = platform::KeyRing::change(
        config.key_file(), [&](platform::KeyRing& keys) { id = keys.add(use, now, alg); });
    out << "added key " << unsigned{id} << " (" << name(use) << "): ";
    if (use == platform::KeyUse::sign)
        out << signing(info(ring, id, now)) << "\n";
    else
        out << "in use once the older one is retired\n";
    out << tell_servers;
    return 0;
}

int retire_key(
    const platform::Config& config, std::uint8_t id, std::ostream& out, std::ostream& err) {
    const auto now = platform::wall_now();
    platform::KeyInfo key;
    try {
        const auto ring = platform::KeyRing::change(
            config.key_file(), [&](platform::KeyRing& keys) { keys.retire(id, now); });
        key = info(ring, id, now);
    } catch (const std::invalid_argument& refusal) {
        err << "mfad: " << refusal.what() << "\n";
        return 1;
    }
    out << "retired key " << unsigned{id} << " (" << name(key.use) << "): ";
    if (key.published_until)
        out << "published until " << platform::rfc3339(*key.published_until) << "\n";
    else
        out << "kept for what was made with it\n";
    out << tell_servers;
    return 0;
}

int show_user(
    const platform::Config& config, const std::string& tenant, const std::string& user,
    std::ostream& out, std::ostream& err) {
    Installation installation(config);
    const domain::UserRef ref{tenant, user};
    ShownUser shown;
    run_once(installation.link("user"), [&](redis::Connection& connection) {
        return read_user(connection, installation, ref, shown);
    });
    if (!shown.state || !shown.contact) {
        err << "mfad: there is no user " << user << " of tenant " << tenant << "\n";
        return 1;
    }
    service::Vault vault(installation.keys());
    out << user_json(ref, shown, vault) << "\n";
    return 0;
}

int reset_user(
    const platform::Config& config, const std::string& tenant, const std::string& user,
    std::ostream& out, std::ostream& err) {
    const Installation installation(config);
    const domain::UserRef ref{tenant, user};
    std::optional<domain::Result<void>> done;
    run_once(installation.link("user"), [&](redis::Connection& connection) {
        return reset_factors(connection, installation, ref, done);
    });
    if (!*done) {
        err << "mfad: there is no user " << user << " of tenant " << tenant << "\n";
        return 1;
    }
    out << "removed the factors and remembered devices of " << user << "\n";
    return 0;
}

} // namespace mfad::app
