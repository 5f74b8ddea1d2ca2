#pragma once

#include "mfad/platform/ip_address.hpp"
#include "mfad/platform/log_level.hpp"
#include "mfad/platform/secret.hpp"
#include "mfad/platform/units.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace mfad::platform {

/// What the installation can be told, by section; the initializers are the built-in defaults.
///
/// `config/mfad.toml` says what each key means; `src/platform/config_keys.cpp` has their names and
/// ranges. Relative paths are relative to the working directory. Read once at start, then shared as
/// a constant by all threads.
struct Config {
    using Duration = std::chrono::milliseconds;

    enum class StartTls { required, opportunistic, never };
    enum class RequestLog { all, errors, none };
    enum class ForwardedHeader { x_forwarded_for, forwarded, none };

    struct Server {
        std::filesystem::path data_dir = "var";
        unsigned threads = 0;
    } server{};

    struct Http {
        Endpoint listen{"127.0.0.1", 8080};
        std::string public_url{};
        Bytes max_header = kibibytes(8);
        Bytes max_body = kibibytes(64);
        std::size_t max_connections = 20'000;
        std::size_t max_connections_per_address = 15'000;
        std::size_t max_requests = 10'000;
        std::vector<Network> trusted_proxies{};
        ForwardedHeader forwarded_header = ForwardedHeader::x_forwarded_for;
        bool proxy_protocol = false;
        Duration header_timeout = std::chrono::seconds(5);
        Duration body_timeout = std::chrono::seconds(10);
        Duration write_timeout = std::chrono::seconds(10);
        Duration idle_timeout = std::chrono::seconds(30);
        Duration drain_delay{0};
        Duration drain = std::chrono::seconds(10);
    } http{};

    struct Ops {
        std::optional<Endpoint> listen = Endpoint{"127.0.0.1", 8081};
        Duration ready_after = std::chrono::seconds(10);
    } ops{};

    struct Redis {
        Secret url{};
        std::string server = "redis-server";
        unsigned partitions = 64;
        Duration timeout = std::chrono::seconds(1);
        std::size_t max_waiting = 10'000;
    } redis{};

    struct Crypto {
        std::filesystem::path key_file{};
    } crypto{};

    struct Auth {
        Duration jwt_leeway = std::chrono::seconds(30);
        Duration jwt_max_lifetime = std::chrono::hours(24);
        std::size_t cache_entries = 50'000;
        Duration cache_lifetime = std::chrono::seconds(30);
        Duration session_lifetime = std::chrono::hours(24);
    } auth{};

    struct Tokens {
        Duration lifetime = std::chrono::minutes(10);
        std::filesystem::path jwks_ca_file{};
        bool jwks_allow_private = false;
    } tokens{};

    struct Limits {
        bool enabled = true;
        bool reads_fail_open = false;
        std::vector<Rate> user{{60, std::chrono::minutes(1)}};
        Rate tenant_xsolla{6000, std::chrono::minutes(1)};
        Rate tenant_rebilly{3000, std::chrono::minutes(10)};
        Rate tenant_quiva{6000, std::chrono::minutes(1)};
        Rate tenant_navixy{10, std::chrono::seconds(1)};
        Rate tenant_native{60'000, std::chrono::minutes(1)};
        Rate second_step{60, std::chrono::minutes(1)};
        Rate panel_login{5, std::chrono::minutes(15)};
        Rate failed_credentials{600, std::chrono::minutes(1)};
        Rate address{300, std::chrono::minutes(1)};
        std::vector<Rate> mails_recipient{
            {30, std::chrono::hours(1)}, {300, std::chrono::hours(24)}};
        std::vector<Rate> mails_tenant{{50, std::chrono::seconds(1)}};
        std::vector<Rate> mails_domain{{100, std::chrono::seconds(1)}};
        std::vector<Rate> mails_all{{1000, std::chrono::seconds(1)}};
    } limits{};

    struct Enrollment {
        Duration link_lifetime = std::chrono::minutes(60);
        Rate links{5, std::chrono::hours(1)};
    } enrollment{};

    struct Codes {
        unsigned length = 6;
        Duration lifetime = std::chrono::minutes(5);
        unsigned tries = 5;
        Duration gap = std::chrono::seconds(30);
        Rate codes{5, std::chrono::hours(1)};
    } codes{};

    struct Challenges {
        Duration lifetime = std::chrono::minutes(10);
    } challenges{};

    struct Recovery {
        Duration reset_delay = std::chrono::hours(24);
    } recovery{};

    struct Audit {
        std::size_t max_events = 200'000;
    } audit{};

    struct Idempotency {
        Duration lifetime = std::chrono::hours(24);
        Duration secret_lifetime = std::chrono::minutes(10);
        std::size_t max_live = 10'000;
    } idempotency{};

    struct Mail {
        Secret url{"maildir:var/mail"};
        std::string from = "mfad <no-reply@localhost.localdomain>";
        StartTls starttls = StartTls::required;
        std::filesystem::path ca_file{};
        Duration timeout = std::chrono::seconds(30);
        unsigned connections = 4;
    } mail{};

    struct Worker {
        bool enabled = true;
        Duration lease = std::chrono::seconds(90);
        Duration poll = std::chrono::milliseconds(20);
        unsigned batch = 32;
    } worker{};

    struct Log {
        platform::log::Level level = platform::log::Level::info;
        RequestLog requests = RequestLog::all;
    } log{};

    /// What every link in mails and answers starts with, without a slash at the end:
    /// `http.public_url`, or `http://localhost:<port>` when that is empty.
    std::string public_url() const;

    /// `crypto.key_file`, or `keys.json` in `server.data_dir` when that is empty.
    std::filesystem::path key_file() const;
};

/// Names and values of environment variables.
using Environment = std::map<std::string, std::string, std::less<>>;

/// The environment of this process.
/// @par Threads  not beside `setenv`
Environment process_environment();

/// One key as it is in force.
struct Setting {
    std::string key;      ///< `http.max_body`
    std::string value;    ///< as the file would have it; a password in a URL is `***`
    std::string origin;   ///< `default`, `config/mfad.toml:12` or `environment MFAD_HTTP_MAX_BODY`
    std::string expected; ///< `a size from 1KiB to 16MiB`
};

struct LoadedConfig {
    Config config{};
    std::vector<Setting> settings{}; ///< every key, in the order of config/mfad.toml
};

/// Why a configuration was refused: all that is wrong with it, one line each: `FILE:LINE: key: what
/// is wrong, what was expected`, or `environment: MFAD_X: …`. `what()` is these lines together. The
/// program exits with status 2.
class BadConfig : public std::runtime_error {
public:
    explicit BadConfig(std::vector<std::string> problems);
    const std::vector<std::string>& problems() const { return problems_; }

private:
    std::vector<std::string> problems_;
};

/// The file that is read when none is named; its absence is no error.
inline constexpr const char* default_config_file = "config/mfad.toml";

/// Reads the configuration: built-in defaults, over them the file, over them variables
/// `MFAD_SECTION_KEY`.
///
/// A secret key may instead be given as `<key>_file`: the content of that file, less one newline at
/// its end. Variables of other names are none of ours, but an unknown key of a known section is
/// refused, as in the file.
/// @param named  the argument of `--config`; nothing: `default_config_file`, if it exists
/// @throws BadConfig
LoadedConfig load_config(
    const std::optional<std::filesystem::path>& named, const Environment& environment);

/// The listing for `mfad check`: a line for each key with value and origin. Contains no secret.
std::string to_text(const std::vector<Setting>& settings);

} // namespace mfad::platform
