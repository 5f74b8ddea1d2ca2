#include "demo.hpp"

#include "default_demo.hpp"
#include "import_run.hpp"
#include "run_once.hpp"

#include "mfad/platform/password.hpp"
#include "mfad/service/import.hpp"
#include "mfad/store/settings_store.hpp"

#include <boost/asio/ip/address.hpp>

#include <set>
#include <sstream>

namespace mfad::app {
namespace {

using runtime::Awaitable;

constexpr std::string_view xsolla_user = "1001";

/// What everybody may know: the digests of the demo's secrets, and its panel account.
struct PublicSecrets {
    std::set<std::string, std::less<>> digests;
    std::vector<std::string> credentials; ///< the digests of those, without the password's
    std::string login;
    std::string password;

    PublicSecrets() {
        std::istringstream lines{std::string(embedded::demo_ndjson)};
        for (std::string line; std::getline(lines, line);) {
            const auto read = service::read_import_line(line);
            if (!read) throw std::logic_error("config/demo.ndjson: " + read.error().field);
            if (const auto* credential = std::get_if<service::ImportedCredential>(&*read)) {
                digests.insert(credential->digest);
                credentials.push_back(credential->digest);
            }
            if (const auto* account = std::get_if<service::ImportedAccount>(&*read)) {
                login = account->account.login;
                password = account->password;
                digests.insert(store::credential_digest(password));
            }
        }
    }
};

const PublicSecrets& public_secrets() {
    static const PublicSecrets secrets;
    return secrets;
}

using Setup = std::function<Awaitable<void>(redis::SetupChannel&)>;

/// Whether one of the demo's secrets is good for something in this database.
Awaitable<void> look_for_secrets(redis::SetupChannel& channel, store::Keys keys, bool& found) {
    for (const std::string& digest : public_secrets().digests) {
        redis::Command exists("EXISTS");
        exists.arg(keys.credential(digest));
        const redis::Reply reply = co_await channel.exec(exists);
        found = found || reply.integer() == 1;
    }
    const std::string& login = public_secrets().login;
    redis::Command get("GET");
    get.arg(keys.panel_account(login));
    const redis::Reply account = co_await channel.exec(get);
    if (account.is_nil()) co_return;
    const std::string hash = store::read_panel_account(login, account.text()).password_hash;
    found = found || platform::verify_password(hash, public_secrets().password);
}

/// The setup of a connection, and that there is no secret of the demo where it leads.
Awaitable<void> set_up_without_demo(
    redis::SetupChannel& channel, const Setup& setup, store::Keys keys, std::string refusal) {
    co_await setup(channel);
    bool found = false;
    co_await look_for_secrets(channel, keys, found);
    if (found) throw redis::SetupMismatch(refusal);
}

Awaitable<void> count_tenants(const store::Context& store, std::size_t& count) {
    const store::TenantStore tenants(store);
    const std::vector<std::string> ids = co_await tenants.list();
    count = ids.size();
}

struct DemoState {
    bool is_there = false; ///< with every credential that the lines to paste need
    /// Whether email is asked of the user of the Xsolla line: the line then switches it off.
    bool xsolla_enabled = false;
};

Awaitable<void> read_demo(const store::Context& store, DemoState& demo) {
    const store::SettingsStore settings(store);
    const domain::UserRef user{"acme", std::string(xsolla_user)};
    const auto state = co_await settings.read(user);
    demo.xsolla_enabled = state && state->required().contains(domain::FactorType::email);
    demo.is_there = state.has_value();
    const store::CredentialStore credentials(store);
    for (const std::string& digest : public_secrets().credentials) {
        const auto credential = co_await credentials.find(digest);
        demo.is_there = demo.is_there && credential && credential->tenant == user.tenant;
    }
}

template <class Result>
using Question = Awaitable<void> (*)(const store::Context&, Result&);

template <class Result>
Awaitable<void> ask(
    redis::Connection& connection, const Installation& installation, Question<Result> question,
    Result& result) {
    const store::Context store = command_store(connection, installation);
    co_await question(store, result);
}

template <class Result>
Result ask_store(const Installation& installation, Question<Result> question) {
    Result result{};
    run_once(installation.link("demo"), [&](redis::Connection& connection) {
        return ask(connection, installation, question, result);
    });
    return result;
}

} // namespace

bool is_demo_secret(std::string_view digest) {
    return public_secrets().digests.contains(digest);
}

bool is_loopback(std::string_view host) {
    if (host == "localhost") return true;
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(std::string(host), error);
    return !error && address.is_loopback();
}

bool may_hold_demo_secrets(const platform::Config& config) {
    return config.redis.url.empty() && is_loopback(config.http.listen.host);
}

redis::LinkOptions without_demo_secrets(const Installation& installation, redis::LinkOptions link) {
    const platform::Config& config = installation.config();
    if (may_hold_demo_secrets(config)) return link;
    const std::string refusal =
        "the database holds secrets of the published demo, which everybody knows. They are served "
        "only from a private Redis (empty redis.url) on a loopback address; " +
        (config.redis.url.empty() ? "http.listen is " + config.http.listen.host
                                  : std::string("redis.url names another Redis"));
    link.setup = [setup = std::move(link.setup), keys = installation.store_keys(),
                  refusal](redis::SetupChannel& channel) {
        return set_up_without_demo(channel, setup, keys, refusal);
    };
    return link;
}

bool load_demo(Installation& installation) {
    if (installation.private_server() == nullptr)
        throw StartFailure("--demo needs a private Redis: leave redis.url empty");
    if (!may_hold_demo_secrets(installation.config()))
        throw StartFailure(
            "--demo serves secrets that everybody knows, so on a loopback address alone; "
            "http.listen is " +
            platform::to_text(installation.config().http.listen));
    if (ask_store(installation, count_tenants) > 0) return false;
    std::istringstream lines;
    ImportRun run;
    run.rewind = [&lines] { lines = std::istringstream{std::string(embedded::demo_ndjson)}; };
    run.next = [&lines](std::string& line) { return static_cast<bool>(std::getline(lines, line)); };
    run.refused = [](std::uint64_t line, const std::string& why) {
        throw StartFailure("config/demo.ndjson:" + std::to_string(line) + ": " + why);
    };
    run.allow_demo_secrets = true;
    run_import(installation, run);
    return true;
}

std::string demo_text(Installation& installation, const std::string& public_url) {
    const DemoState demo = ask_store(installation, read_demo);
    if (!demo.is_there) return "There is no demo: this installation holds other data.\n";
    const bool enabled = demo.xsolla_enabled;
    std::ostringstream text;
    text << "The demo tenant is acme. Each of these works as it stands:\n\n"
         << "# Xsolla: switch the email factor of user 1001 " << (enabled ? "off" : "on") << "\n"
         << "curl -i -X POST " << public_url << "/projects/acme/users/" << xsolla_user
         << "/mfa -H 'X-SERVER-AUTHORIZATION: demo-server-key-of-acme'"
         << " -H 'Content-Type: application/json' -d '{\"mfa_type\":\"email\",\"enabled\":"
         << (enabled ? "false" : "true") << "}'\n\n"
         << "# Rebilly: user 1002 starts to enroll; the link is in the answer and in the mail\n"
         << "curl -i -X POST " << public_url
         << "/organizations/acme/profile/mfa -H 'REB-APIKEY: demo-secret-key-of-1002'\n\n"
         << "# quiva: user 1003 switches TOTP on\n"
         << "curl -i -X PATCH " << public_url
         << "/accounts/mfa-settings -H 'X-Api-Key: demo-secret-key-of-1003'"
         << " -H 'Content-Type: application/json' -d '{\"totp_enabled\":true}'\n\n"
         << "# native: the whole MFA state of user 1001\n"
         << "curl -i " << public_url
         << "/v1/users/1001/mfa -H 'Authorization: Bearer demo-server-key-of-acme'\n\n"
         << "# Navixy: a dealer allows email to user 1004\n"
         << "curl -i -X POST " << public_url
         << "/panel/user/mfa/settings/update -H 'Authorization: NVX "
            "22eac1c27af4be7b9d04da2ce1af111b'"
         << " -H 'Content-Type: application/json' -d '{\"target\":{\"type\":\"selected\",\"ids\":"
            "[1004]},\"settings\":{\"type\":\"allowed\",\"factor_types\":[\"email\"]}}'\n\n";
    return text.str();
}

} // namespace mfad::app
