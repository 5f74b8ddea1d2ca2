#include "mfad/app/admin.hpp"

#include "demo.hpp"
#include "installation.hpp"
#include "run_once.hpp"

#include "mfad/mail/mail_url.hpp"
#include "mfad/mail/mailbox.hpp"
#include "mfad/redis/errors.hpp"
#include "mfad/service/passkeys.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <filesystem>
#include <map>

#include <unistd.h>

namespace mfad::app {
namespace {

namespace asio = runtime::asio;
using runtime::Awaitable;

constexpr std::chrono::seconds patience{5};
constexpr std::chrono::seconds clock_tolerance{5};

/// Findings, a line each.
class Report {
public:
    explicit Report(std::ostream& out) : out_(out) {}

    void good(const std::string& text) { out_ << "ok    " << text << "\n"; }
    void warn(const std::string& text) { out_ << "warn  " << text << "\n"; }
    void bad(const std::string& text) {
        out_ << "bad   " << text << "\n";
        any_bad_ = true;
    }
    bool any_bad() const { return any_bad_; }

private:
    std::ostream& out_;
    bool any_bad_ = false;
};

// ---- Redis --------------------------------------------------------------------------------------

struct RedisFacts {
    std::map<std::string, std::string> settings;
    std::string version;
    std::chrono::seconds clock_off{0};
};

std::string info_field(std::string_view info, std::string_view field) {
    const auto at = info.find(field);
    if (at == std::string_view::npos) return {};
    const auto begin = at + field.size();
    return std::string(info.substr(begin, info.find_first_of("\r\n", begin) - begin));
}

Awaitable<void> ask_redis(redis::Connection& connection, RedisFacts& facts) {
    const auto deadline = runtime::SteadyClock::now() + patience;
    redis::Command info("INFO");
    info.arg("server");
    const redis::Reply server = co_await connection.exec(info, deadline);
    facts.version = info_field(server.text(), "redis_version:");
    for (const std::string_view name :
         {"appendonly", "appendfsync", "maxmemory-policy", "maxmemory",
          "hash-max-listpack-value"}) {
        redis::Command get("CONFIG");
        get.arg("GET").arg(name);
        try {
            const redis::Reply reply = co_await connection.exec(get, deadline);
            if (reply.size() == 2) facts.settings[std::string(name)] = reply.at(1).text();
        } catch (const redis::ErrorReply&) {
            // An ACL may keep it from us.
        }
    }
    const redis::Command time("TIME");
    const redis::Reply now = co_await connection.exec(time, deadline);
    const std::chrono::seconds theirs{std::stoll(std::string(now.at(0).text()))};
    facts.clock_off = theirs - std::chrono::duration_cast<std::chrono::seconds>(
                                   platform::wall_now().time_since_epoch());
}

void report_durability(const RedisFacts& facts, Report& report) {
    const auto setting = [&facts](const std::string& name) {
        const auto found = facts.settings.find(name);
        return found == facts.settings.end() ? std::string("unknown") : found->second;
    };
    if (facts.settings.empty())
        return report.warn(
            "redis: this user may not read its configuration: whether it can lose or evict data is "
            "not known");
    if (setting("appendonly") != "yes")
        report.bad(
            "redis: appendonly is " + setting("appendonly") +
            ": a restart loses what was acknowledged; set it to yes");
    else if (setting("appendfsync") == "no")
        report.bad(
            "redis: appendfsync is no: a crash loses up to 30 s; set it to everysec or always");
    else
        report.good("redis: append-only file, fsync " + setting("appendfsync"));
    if (setting("maxmemory-policy") != "noeviction")
        report.bad(
            "redis: maxmemory-policy is " + setting("maxmemory-policy") +
            ": factors and limits could be evicted; set it to noeviction");
    else
        report.good("redis: nothing is evicted");
    if (setting("hash-max-listpack-value") != "unknown" &&
        std::stoll(setting("hash-max-listpack-value")) < 512)
        report.warn(
            "redis: hash-max-listpack-value is " + setting("hash-max-listpack-value") +
            ": users take more memory than with 512");
}

void check_demo(const Installation& installation, Report& report) {
    try {
        look_at_store(without_demo_secrets(installation, installation.link("check")));
    } catch (const StartFailure& failure) {
        report.bad(std::string("demo: ") + failure.what());
    }
}

void check_redis(const Installation& installation, Report& report) {
    RedisFacts facts;
    try {
        run_once(installation.link("check"), [&facts](redis::Connection& connection) {
            return ask_redis(connection, facts);
        });
    } catch (const std::exception& error) {
        return report.bad(std::string("redis: ") + error.what());
    }
    if (facts.version.empty() || std::stoi(facts.version) < 7)
        report.bad("redis: version " + facts.version + ": 7.0 or later is needed");
    else
        report.good("redis: " + installation.endpoint().redacted() + ", version " + facts.version);
    report_durability(facts, report);
    if (std::chrono::abs(facts.clock_off) > clock_tolerance)
        report.bad(
            "clock: this machine and Redis differ by " + std::to_string(facts.clock_off.count()) +
            " s");
    else
        report.good("clock: agrees with that of Redis");
    check_demo(installation, report);
}

// ---- mail ---------------------------------------------------------------------------------------

void check_maildir(const mail::MaildirTarget& target, Report& report) {
    std::error_code error;
    std::filesystem::create_directories(target.path, error);
    const auto status = std::filesystem::status(target.path, error);
    const bool writable =
        std::filesystem::is_directory(status) && ::access(target.path.c_str(), W_OK | X_OK) == 0;
    if (writable)
        report.good("mail: into the folder " + target.path);
    else
        report.bad("mail: the folder " + target.path + " cannot be written");
}

void check_server(const mail::SmtpTarget& target, Report& report) {
    const std::string name = target.host + ":" + std::to_string(target.port);
    asio::io_context context;
    boost::system::error_code error;
    asio::ip::tcp::resolver resolver(context);
    const auto found = resolver.resolve(target.host, std::to_string(target.port), error);
    asio::ip::tcp::socket socket(context);
    bool connected = false;
    if (!error)
        asio::async_connect(
            socket, found, [&](boost::system::error_code result, const asio::ip::tcp::endpoint&) {
                connected = !result;
                error = result;
            });
    context.run_for(patience);
    if (connected)
        report.good("mail: the server " + name + " answers");
    else
        report.bad(
            "mail: the server " + name + " cannot be reached" +
            (error ? ": " + error.message() : std::string()));
}

void check_mail(const platform::Config& config, Report& report) {
    const auto target = mail::parse_mail_url(config.mail.url.reveal());
    if (!target) return report.bad("mail.url: " + target.error());
    if (const auto* maildir = std::get_if<mail::MaildirTarget>(&*target))
        check_maildir(*maildir, report);
    else
        check_server(std::get<mail::SmtpTarget>(*target), report);
    if (!mail::parse_mailbox(config.mail.from))
        report.bad("mail.from: must be an address, or a name and <address>");
}

// ---- passkeys -----------------------------------------------------------------------------------

void check_passkeys(const platform::Config& config, Report& report) {
    const std::string url = config.public_url();
    if (url.ends_with(":0")) return; // whichever port is free: known at the start
    const std::vector<std::string> faults = service::faults_of_default_party(url);
    for (const std::string& fault : faults)
        report.warn(
            "passkeys: of no use for tenants without `webauthn` of their own: " + fault +
            "; http.public_url decides");
    if (faults.empty()) report.good("passkeys: at " + url);
}

} // namespace

int check(const platform::LoadedConfig& loaded, std::ostream& out) {
    const platform::Config& config = loaded.config;
    out << to_text(loaded.settings) << "\n";
    Report report(out);
    report.good("configuration");
    try {
        Installation installation(config);
        report.good("keys: " + config.key_file().string());
        if (installation.keys().signing_key(platform::wall_now()) == nullptr)
            report.warn(
                "keys: none that signs, so no tokens are issued: `mfad keys add` makes one");
        check_redis(installation, report);
    } catch (const std::exception& error) {
        report.bad(error.what());
    }
    check_mail(config, report);
    check_passkeys(config, report);
    return report.any_bad() ? 1 : 0;
}

} // namespace mfad::app
