#include "config_keys.hpp"

#include "config_rules.hpp"

#include <algorithm>

namespace mfad::platform {
namespace {

using namespace rules;
using namespace std::chrono_literals;

/// A section of the configuration: its member and its name. `key` makes the line for one of its
/// keys.
template <auto Member>
struct Section {
    std::string_view name;

    template <auto Key, class Rule>
    ConfigKey key(std::string_view key_name, const Rule& rule) const {
        return {
            .section = std::string(name),
            .name = std::string(key_name),
            .expected = rule.expected(),
            .shape = Rule::shape,
            .secret = std::is_same_v<Rule, SecretUrl>,
            .assign =
                [rule](Config& config, const Value& value) {
                    auto taken = rule.read(value);
                    if (!taken) return false;
                    auto& member = config.*Member.*Key;
                    member =
                        static_cast<std::remove_reference_t<decltype(member)>>(*std::move(taken));
                    return true;
                },
            .print = [rule](const Config& config) { return rule.print(config.*Member.*Key); },
        };
    }
};

constexpr Section<&Config::server> server{"server"};
constexpr Section<&Config::http> http{"http"};
constexpr Section<&Config::ops> ops{"ops"};
constexpr Section<&Config::redis> redis{"redis"};
constexpr Section<&Config::crypto> crypto{"crypto"};
constexpr Section<&Config::auth> auth{"auth"};
constexpr Section<&Config::tokens> tokens{"tokens"};
constexpr Section<&Config::limits> limits{"limits"};
constexpr Section<&Config::enrollment> enrollment{"enrollment"};
constexpr Section<&Config::codes> codes{"codes"};
constexpr Section<&Config::challenges> challenges{"challenges"};
constexpr Section<&Config::recovery> recovery{"recovery"};
constexpr Section<&Config::audit> audit{"audit"};
constexpr Section<&Config::idempotency> idempotency{"idempotency"};
constexpr Section<&Config::mail> mail{"mail"};
constexpr Section<&Config::worker> worker{"worker"};
constexpr Section<&Config::log> logging{"log"};

constexpr Text some_path{"a path", some_text};
constexpr Text any_path{"a path, or empty", any_text};
constexpr Text web_root{"an http(s) URL without user, query and fragment, or empty", web_address};
constexpr Text sender{"a mailbox such as \"Name <name@host>\"", mailbox};
constexpr SecretUrl redis_place{
    "unix:///path, redis://[user:password@]host:port/db, or empty", redis_url};
constexpr SecretUrl mail_place{
    "maildir:PATH, smtp://[user:password@]host:port, or smtps://…", mail_url};
const Choice<Config::StartTls> starttls{
    {{"required", Config::StartTls::required},
     {"opportunistic", Config::StartTls::opportunistic},
     {"never", Config::StartTls::never}}};
const Choice<Config::RequestLog> which_requests{
    {{"all", Config::RequestLog::all},
     {"errors", Config::RequestLog::errors},
     {"none", Config::RequestLog::none}}};
const Choice<Config::ForwardedHeader> forwarded_header{
    {{"X-Forwarded-For", Config::ForwardedHeader::x_forwarded_for},
     {"Forwarded", Config::ForwardedHeader::forwarded},
     {"none", Config::ForwardedHeader::none}}};
const Choice<log::Level> log_level{
    {{"debug", log::Level::debug},
     {"info", log::Level::info},
     {"warn", log::Level::warn},
     {"error", log::Level::error}}};

std::vector<ConfigKey> make_keys() {
    using C = Config;
    return {
        server.key<&C::Server::data_dir>("data_dir", some_path),
        server.key<&C::Server::threads>("threads", Whole{0, 256}),

        http.key<&C::Http::listen>("listen", Listen{}),
        http.key<&C::Http::public_url>("public_url", web_root),
        http.key<&C::Http::max_header>("max_header", size(kibibytes(1), kibibytes(256))),
        http.key<&C::Http::max_body>("max_body", size(kibibytes(1), mebibytes(16))),
        http.key<&C::Http::max_connections>("max_connections", Whole{1, 1'000'000}),
        http.key<&C::Http::max_connections_per_address>(
            "max_connections_per_address", Whole{0, 1'000'000}),
        http.key<&C::Http::max_requests>("max_requests", Whole{1, 1'000'000}),
        http.key<&C::Http::trusted_proxies>("trusted_proxies", Networks{64}),
        http.key<&C::Http::forwarded_header>("forwarded_header", forwarded_header),
        http.key<&C::Http::proxy_protocol>("proxy_protocol", Flag{}),
        http.key<&C::Http::header_timeout>("header_timeout", span(100ms, 5min)),
        http.key<&C::Http::body_timeout>("body_timeout", span(100ms, 5min)),
        http.key<&C::Http::write_timeout>("write_timeout", span(100ms, 5min)),
        http.key<&C::Http::idle_timeout>("idle_timeout", span(100ms, 1h)),
        http.key<&C::Http::drain_delay>("drain_delay", span(0ms, 5min)),
        http.key<&C::Http::drain>("drain", span(0ms, 10min)),

        ops.key<&C::Ops::listen>("listen", MaybeListen{}),
        ops.key<&C::Ops::ready_after>("ready_after", span(0ms, 10min)),

        redis.key<&C::Redis::url>("url", redis_place),
        redis.key<&C::Redis::server>("server", some_path),
        redis.key<&C::Redis::partitions>("partitions", Whole{1, 1024}),
        redis.key<&C::Redis::timeout>("timeout", span(50ms, 30s)),
        redis.key<&C::Redis::max_waiting>("max_waiting", Whole{1, 1'000'000}),

        crypto.key<&C::Crypto::key_file>("key_file", any_path),

        auth.key<&C::Auth::jwt_leeway>("jwt_leeway", span(0ms, 60s)),
        auth.key<&C::Auth::jwt_max_lifetime>("jwt_max_lifetime", span(1min, 720h)),
        auth.key<&C::Auth::cache_entries>("cache_entries", Whole{1, 1'000'000}),
        auth.key<&C::Auth::cache_lifetime>("cache_lifetime", span(1s, 30s)),
        auth.key<&C::Auth::session_lifetime>("session_lifetime", span(1min, 720h)),

        tokens.key<&C::Tokens::lifetime>("lifetime", span(1min, 1h)),
        tokens.key<&C::Tokens::jwks_ca_file>("jwks_ca_file", any_path),
        tokens.key<&C::Tokens::jwks_allow_private>("jwks_allow_private", Flag{}),

        limits.key<&C::Limits::enabled>("enabled", Flag{}),
        limits.key<&C::Limits::reads_fail_open>("reads_fail_open", Flag{}),
        limits.key<&C::Limits::user>("user", Rates{2}),
        limits.key<&C::Limits::tenant_xsolla>("tenant_xsolla", OneRate{}),
        limits.key<&C::Limits::tenant_rebilly>("tenant_rebilly", OneRate{}),
        limits.key<&C::Limits::tenant_quiva>("tenant_quiva", OneRate{}),
        limits.key<&C::Limits::tenant_navixy>("tenant_navixy", OneRate{}),
        limits.key<&C::Limits::tenant_native>("tenant_native", OneRate{}),
        limits.key<&C::Limits::second_step>("second_step", OneRate{}),
        limits.key<&C::Limits::panel_login>("panel_login", OneRate{}),
        limits.key<&C::Limits::failed_credentials>("failed_credentials", OneRate{}),
        limits.key<&C::Limits::address>("address", OneRate{}),
        limits.key<&C::Limits::mails_recipient>("mails_recipient", Rates{2}),
        limits.key<&C::Limits::mails_tenant>("mails_tenant", Rates{2}),
        limits.key<&C::Limits::mails_domain>("mails_domain", Rates{2}),
        limits.key<&C::Limits::mails_all>("mails_all", Rates{2}),

        enrollment.key<&C::Enrollment::link_lifetime>("link_lifetime", span(5min, 24h)),
        enrollment.key<&C::Enrollment::links>("links", OneRate{}),

        codes.key<&C::Codes::length>("length", Whole{6, 8}),
        codes.key<&C::Codes::lifetime>("lifetime", span(1min, 10min)),
        codes.key<&C::Codes::tries>("tries", Whole{1, 10}),
        codes.key<&C::Codes::gap>("gap", span(0ms, 10min)),
        codes.key<&C::Codes::codes>("codes", OneRate{}),
        challenges.key<&C::Challenges::lifetime>("lifetime", span(1min, 1h)),
        recovery.key<&C::Recovery::reset_delay>("reset_delay", span(1min, 720h)),

        audit.key<&C::Audit::max_events>("max_events", Whole{1'000, 100'000'000}),

        idempotency.key<&C::Idempotency::lifetime>("lifetime", span(1min, 168h)),
        idempotency.key<&C::Idempotency::secret_lifetime>("secret_lifetime", span(1min, 1h)),
        idempotency.key<&C::Idempotency::max_live>("max_live", Whole{1, 1'000'000}),

        mail.key<&C::Mail::url>("url", mail_place),
        mail.key<&C::Mail::from>("from", sender),
        mail.key<&C::Mail::starttls>("starttls", starttls),
        mail.key<&C::Mail::ca_file>("ca_file", any_path),
        mail.key<&C::Mail::timeout>("timeout", span(1s, 5min)),
        mail.key<&C::Mail::connections>("connections", Whole{1, 64}),

        worker.key<&C::Worker::enabled>("enabled", Flag{}),
        worker.key<&C::Worker::lease>("lease", span(1s, 1h)),
        worker.key<&C::Worker::poll>("poll", span(5ms, 10s)),
        worker.key<&C::Worker::batch>("batch", Whole{1, 1000}),

        logging.key<&C::Log::level>("level", log_level),
        logging.key<&C::Log::requests>("requests", which_requests),
    };
}

} // namespace

const std::vector<ConfigKey>& config_keys() {
    static const std::vector<ConfigKey> keys = make_keys();
    return keys;
}

std::string variable_name(std::string_view section, std::string_view name) {
    std::string out = "MFAD_";
    out.append(section).append("_").append(name);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return out;
}

std::string ConfigKey::variable() const {
    return variable_name(section, name);
}

} // namespace mfad::platform
