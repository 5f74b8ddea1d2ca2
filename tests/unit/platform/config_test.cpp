#include "mfad/platform/config.hpp"

#include "private_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace mfad::platform;
using namespace mfad::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const fs::path data = fs::path(MFAD_TEST_DATA) / "config";
const fs::path shipped = fs::path(MFAD_TEST_DATA) / ".." / ".." / "config" / "mfad.toml";

std::vector<std::string> problems_of(const std::optional<fs::path>& file, const Environment& env) {
    try {
        load_config(file, env);
    } catch (const BadConfig& error) {
        return error.problems();
    }
    return {};
}

std::vector<std::string> problems_of(const Environment& env) {
    const PrivateDir dir;
    return problems_of(dir.write("empty.toml", ""), env);
}

LoadedConfig loaded(std::string_view text, const Environment& env = {}) {
    const PrivateDir dir;
    return load_config(dir.write("mfad.toml", text), env);
}

Setting setting(const LoadedConfig& loaded, std::string_view key) {
    for (const Setting& s : loaded.settings)
        if (s.key == key) return s;
    throw std::runtime_error("no setting " + std::string(key));
}

struct BadFile {
    const char* name;
    const char* problem; ///< after the path and a colon
};

const BadFile bad_files[] = {
    // The words after "syntax" are those of the TOML library.
    {"syntax", "3: syntax: Error while parsing time: expected ':', saw '7'"},
    {"duplicate_key", "3: syntax: Error while parsing key-value pair: cannot redefine existing "
                      "string 'max_body'"},
    {"unknown_section", "1: htpp: unknown section, expected one of server, http, ops, redis, "
                        "crypto, auth, tokens, limits, enrollment, codes, challenges, recovery, "
                        "audit, idempotency, mail, worker, log"},
    {"key_outside_section", "1: listen: unknown section, expected one of server, http, ops, redis, "
                            "crypto, auth, tokens, limits, enrollment, codes, challenges, "
                            "recovery, audit, idempotency, mail, worker, log"},
    {"section_is_list", "1: ops: got a list that holds more than texts, expected a section"},
    {"unknown_key", "3: crypto.keyfile: unknown key, expected one of key_file"},
    {"unprintable_key", R"(2: crypto."a\nb": unknown key, expected one of key_file)"},
    {"twin_of_plain_key", "2: crypto.key_file_file: unknown key, expected one of key_file"},
    {"number_as_text", R"(2: server.threads: got "4", expected a whole number from 0 to 256)"},
    {"text_as_number", "2: http.max_body: got 65536, expected a size from 1KiB to 16MiB"},
    {"flag_as_text", R"(2: worker.enabled: got "yes", expected true or false)"},
    {"list_as_text", "2: limits.user: got \"60/1m\", expected a list of up to 2 rates such as "
                     "\"60/1m\", over 1s to 24h"},
    {"fraction",
     "2: codes.tries: got a number with a fraction, expected a whole number from 1 to 10"},
    {"date", "2: auth.cache_lifetime: got a date or time, expected a duration from 1s to 30s"},
    {"subsection", "1: http.listen: got a section, expected host:port"},
    {"number_too_large", "3: redis.partitions: got 1025, expected a whole number from 1 to 1024"},
    {"number_negative", "2: server.threads: got -1, expected a whole number from 0 to 256"},
    {"number_not_zero_based", "2: worker.batch: got 0, expected a whole number from 1 to 1000"},
    {"no_requests", "2: http.max_requests: got 0, expected a whole number from 1 to 1000000"},
    {"duration_no_unit", R"(2: redis.timeout: got "5", expected a duration from 50ms to 30s)"},
    {"duration_unknown_unit",
     R"(2: redis.timeout: got "5 sec", expected a duration from 50ms to 30s)"},
    {"duration_too_short", R"(2: redis.timeout: got "49ms", expected a duration from 50ms to 30s)"},
    {"duration_too_long",
     R"(2: enrollment.link_lifetime: got "1441m", expected a duration from 5m to 24h)"},
    {"size_wrong_unit", R"(2: http.max_header: got "8kb", expected a size from 1KiB to 256KiB)"},
    {"size_too_large", R"(2: http.max_body: got "17MiB", expected a size from 1KiB to 16MiB)"},
    {"endpoint_no_port", R"(2: http.listen: got "localhost", expected host:port)"},
    {"endpoint_port_too_large",
     R"(2: ops.listen: got "127.0.0.1:65536", expected host:port, or empty)"},
    {"endpoint_bare_v6", R"(2: http.listen: got "::1:8080", expected host:port)"},
    {"url_query", R"(2: http.public_url: got "https://mfa.example/?a=b", expected an http(s) URL )"
                  "without user, query and fragment, or empty"},
    {"url_other_scheme", R"(2: http.public_url: got "ftp://mfa.example", expected an http(s) URL )"
                         "without user, query and fragment, or empty"},
    {"url_no_host", R"(2: http.public_url: got "https:mfa.example", expected an http(s) URL )"
                    "without user, query and fragment, or empty"},
    {"choice", R"(2: log.level: got "trace", expected one of debug, info, warn, error)"},
    {"rate_syntax", R"(2: limits.tenant_navixy: got "10 per second", expected a rate such as )"
                    R"("60/1m", over 1s to 24h)"},
    {"rate_too_dense", R"(2: limits.tenant_xsolla: got "1001/1s", expected a rate such as )"
                       R"("60/1m", over 1s to 24h)"},
    {"rate_of_zero",
     R"(2: codes.codes: got "0/1h", expected a rate such as "60/1m", over 1s to 24h)"},
    {"too_many_rates", R"(2: limits.user: got ["5/1s", "60/1m", "1000/1h"], expected a list of up )"
                       R"(to 2 rates such as "60/1m", over 1s to 24h)"},
    {"one_bad_rate", R"(2: limits.user: got ["60/1m", "60"], expected a list of up )"
                     R"(to 2 rates such as "60/1m", over 1s to 24h)"},
    {"mixed_list", "2: limits.user: got a list that holds more than texts, expected a list of up "
                   "to 2 rates such as \"60/1m\", over 1s to 24h"},
    {"network_name", R"(2: http.trusted_proxies: got ["10.0.0.0/8", "proxy.example"], expected )"
                     R"(a list of up to 64 addresses and networks such as "10.0.0.0/8" or "::1", )"
                     "without bits set beyond the prefix"},
    {"network_host_bits",
     R"(2: http.trusted_proxies: got ["10.0.0.1/8"], expected a list of up to 64 addresses and )"
     R"(networks such as "10.0.0.0/8" or "::1", without bits set beyond the prefix)"},
    {"forwarded_header", R"(2: http.forwarded_header: got "X-Real-IP", expected one of )"
                         "X-Forwarded-For, Forwarded, none"},
    {"control_character", R"(2: redis.server: got "redis\u0000server", expected a path)"},
    {"empty_path", R"(2: server.data_dir: got "", expected a path)"},
    {"sender", R"(2: mail.from: got "mfad", expected a mailbox such as "Name <name@host>")"},
    {"secret_scheme", "2: redis.url: got a text (not shown), expected unix:///path, "
                      "redis://[user:password@]host:port/db, or empty"},
    {"secret_number", "2: mail.url: got 12345, expected maildir:PATH, "
                      "smtp://[user:password@]host:port, or smtps://…"},
    {"both_twins", "3: mail.url_file: given twice, expected url or url_file"},
    {"twin_unreadable", "2: redis.url_file: \"tests/no/such/file\" cannot be read (No such file or "
                        "directory), expected a file"},
    {"twin_empty", "2: redis.url_file: got the empty file \"/dev/null\", expected unix:///path, "
                   "redis://[user:password@]host:port/db, or empty"},
    {"twin_is_directory",
     R"(2: redis.url_file: "/" cannot be read (Is a directory), expected a file)"},
    {"twin_no_path", R"(2: redis.url_file: got "", expected a path)"},
    {"short_lease", "5: worker.lease: got \"90s\" beside mail.timeout = \"90s\", expected "
                    "worker.lease longer than mail.timeout"},
    {"secret_answers_outlive",
     "2: idempotency.lifetime: got \"5m\" beside idempotency.secret_lifetime = \"10m\", expected "
     "idempotency.secret_lifetime no longer than idempotency.lifetime"},
    {"same_listener", "2: ops.listen: got \"127.0.0.1:8080\" beside http.listen = "
                      "\"127.0.0.1:8080\", expected ops.listen other than http.listen"},
    {"long_text", "2: redis.timeout: got a long text, expected a duration from 50ms to 30s"},
};

/// The comment above a key's line in the shipped file, as one line.
std::string comment_above(const std::vector<std::string>& lines, std::size_t line) {
    std::string comment;
    for (std::size_t i = line - 1; i > 0 && lines[i - 1].starts_with("# "); --i)
        comment = lines[i - 1].substr(1) + comment;
    return comment;
}

std::vector<std::string> lines_of(const fs::path& path) {
    std::vector<std::string> lines;
    std::istringstream text(content_of(path));
    for (std::string line; std::getline(text, line);)
        lines.push_back(line);
    return lines;
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_tests)

BOOST_AUTO_TEST_CASE(every_mistake_is_named_with_file_line_key_and_what_was_expected) {
    std::set<std::string> tried;
    for (const BadFile& bad : bad_files) {
        const fs::path path = data / ("bad_" + std::string(bad.name) + ".toml");
        tried.insert(path.filename());
        const auto problems = problems_of(path, {});
        BOOST_TEST_CONTEXT(bad.name) {
            BOOST_TEST_REQUIRE(problems.size() == 1U);
            BOOST_TEST(problems[0] == path.string() + ":" + bad.problem);
        }
    }
    for (const auto& entry : fs::directory_iterator(data))
        BOOST_TEST(tried.contains(entry.path().filename()), entry.path());
}

BOOST_AUTO_TEST_CASE(no_secret_is_shown_in_an_error) {
    for (const auto& problem : problems_of(data / "bad_secret_scheme.toml", {}))
        BOOST_TEST(problem.find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(all_problems_are_told_at_once_in_the_order_of_the_file) {
    const PrivateDir dir;
    const auto path =
        dir.write("c.toml", "[log]\nlevel = 1\n[http]\nno = 2\nmax_body = 3\n[x]\na = 1\n");
    const auto problems = problems_of(path, {{"MFAD_OPS_LISTEN", "x"}, {"MFAD_CODES_TRIES", "11"}});
    BOOST_TEST_REQUIRE(problems.size() == 6U);
    BOOST_TEST(problems[0].starts_with(path.string() + ":2: log.level: "));
    BOOST_TEST(problems[1].starts_with(path.string() + ":4: http.no: "));
    BOOST_TEST(problems[2].starts_with(path.string() + ":5: http.max_body: "));
    BOOST_TEST(problems[3].starts_with(path.string() + ":6: x: unknown section"));
    BOOST_TEST(
        problems[4] ==
        "environment: MFAD_CODES_TRIES: got 11, expected a whole number from 1 to 10");
    BOOST_TEST(
        problems[5] == "environment: MFAD_OPS_LISTEN: got \"x\", expected host:port, or empty");
}

BOOST_AUTO_TEST_CASE(the_shipped_file_gives_every_key_its_default_and_says_what_it_takes) {
    const LoadedConfig from_file = load_config(shipped, {});
    const LoadedConfig built_in = loaded("");
    const auto lines = lines_of(shipped);
    BOOST_TEST_REQUIRE(from_file.settings.size() == built_in.settings.size());
    for (std::size_t i = 0; i < built_in.settings.size(); ++i) {
        const Setting& s = from_file.settings[i];
        BOOST_TEST_CONTEXT(s.key) {
            BOOST_TEST(s.value == built_in.settings[i].value);
            BOOST_TEST(built_in.settings[i].origin.starts_with("default"));
            BOOST_TEST_REQUIRE(s.origin.starts_with(shipped.string() + ":"));
            const auto line = std::stoul(s.origin.substr(shipped.string().size() + 1));
            const std::string comment = comment_above(lines, line);
            BOOST_TEST(comment.find(s.expected) != std::string::npos, comment);
        }
    }
    BOOST_TEST(from_file.config.redis.url.reveal() == built_in.config.redis.url.reveal());
    BOOST_TEST(from_file.config.mail.url.reveal() == built_in.config.mail.url.reveal());
}

BOOST_AUTO_TEST_CASE(a_default_that_its_own_rule_refuses_does_not_exist) {
    // Every built-in value, printed, is read back through the table.
    std::string text;
    std::string section;
    for (const Setting& s : loaded("").settings) {
        const auto dot = s.key.find('.');
        if (section != s.key.substr(0, dot)) text += "[" + (section = s.key.substr(0, dot)) + "]\n";
        text += s.key.substr(dot + 1) + " = " + s.value + "\n";
    }
    BOOST_CHECK_NO_THROW(loaded(text));
}

BOOST_AUTO_TEST_CASE(values_arrive_typed) {
    const LoadedConfig l = loaded(R"(
[server]
data_dir = "/srv/mfad"
threads = 3
[http]
listen = "[::1]:9000"
public_url = "https://mfa.example/base/"
max_body = "128KiB"
trusted_proxies = ["10.0.0.0/8", "2001:DB8::/32", "::1"]
forwarded_header = "Forwarded"
proxy_protocol = true
[ops]
listen = ""
[limits]
enabled = false
user = ["5/1s", "60/1m"]
tenant_navixy = "100/1s"
[mail]
starttls = "opportunistic"
[worker]
poll = "250ms"
[log]
level = "warn"
requests = "none"
)");
    const Config& c = l.config;
    BOOST_TEST(c.server.data_dir == "/srv/mfad");
    BOOST_TEST(c.server.threads == 3U);
    BOOST_CHECK(c.http.listen == (Endpoint{"::1", 9000}));
    BOOST_TEST(c.public_url() == "https://mfa.example/base"); // links append a path
    BOOST_TEST(c.http.max_body.count == 131072U);
    BOOST_CHECK(
        c.http.trusted_proxies == (std::vector<Network>{
                                      *Network::parse("10.0.0.0/8"),
                                      *Network::parse("2001:db8::/32"), *Network::parse("::1")}));
    BOOST_TEST(
        setting(l, "http.trusted_proxies").value == R"(["10.0.0.0/8", "2001:db8::/32", "::1"])");
    BOOST_CHECK(c.http.forwarded_header == Config::ForwardedHeader::forwarded);
    BOOST_TEST(c.http.proxy_protocol);
    BOOST_TEST(!c.ops.listen.has_value());
    BOOST_TEST(!c.limits.enabled);
    BOOST_CHECK(c.limits.user == (std::vector<Rate>{{5, 1s}, {60, 1min}}));
    BOOST_CHECK(c.limits.tenant_navixy == (Rate{100, 1s}));
    BOOST_CHECK(c.mail.starttls == Config::StartTls::opportunistic);
    BOOST_CHECK(c.worker.poll == 250ms);
    BOOST_CHECK(c.log.level == log::Level::warn);
    BOOST_CHECK(c.log.requests == Config::RequestLog::none);
    BOOST_TEST(c.key_file() == "/srv/mfad/keys.json");
}

BOOST_AUTO_TEST_CASE(what_is_empty_follows_from_other_keys) {
    const LoadedConfig l = loaded("[http]\nlisten = \"0.0.0.0:9000\"\n");
    BOOST_TEST(l.config.public_url() == "http://localhost:9000");
    BOOST_TEST(setting(l, "http.public_url").value == "\"http://localhost:9000\"");
    BOOST_TEST(setting(l, "http.public_url").origin == "default (empty)");
    BOOST_TEST(setting(l, "crypto.key_file").value == "\"var/keys.json\"");
    const LoadedConfig own = loaded("[crypto]\nkey_file = \"/etc/mfad/keys.json\"\n");
    BOOST_TEST(own.config.key_file() == "/etc/mfad/keys.json");
}

BOOST_AUTO_TEST_CASE(the_environment_goes_over_the_file) {
    const LoadedConfig l = loaded(
        "[http]\nlisten = \"127.0.0.1:9000\"\n[codes]\ntries = 3\n",
        {{"MFAD_HTTP_LISTEN", "127.0.0.1:9001"},
         {"MFAD_SERVER_THREADS", "2"},
         {"MFAD_LIMITS_ENABLED", "false"},
         {"MFAD_LIMITS_USER", "5/1s, 60/1m"},
         {"MFAD_LIMITS_TENANT_NAVIXY", "7/1s"},
         {"MFAD_REDIS_TIMEOUT", "250ms"},
         {"MFAD_OPS_LISTEN", ""}});
    BOOST_CHECK(l.config.http.listen == (Endpoint{"127.0.0.1", 9001}));
    BOOST_TEST(l.config.codes.tries == 3U);
    BOOST_TEST(l.config.server.threads == 2U);
    BOOST_TEST(!l.config.limits.enabled);
    BOOST_CHECK(l.config.limits.user == (std::vector<Rate>{{5, 1s}, {60, 1min}}));
    BOOST_CHECK(l.config.limits.tenant_navixy == (Rate{7, 1s}));
    BOOST_CHECK(l.config.redis.timeout == 250ms);
    BOOST_TEST(!l.config.ops.listen.has_value());
    BOOST_TEST(setting(l, "http.listen").origin == "environment MFAD_HTTP_LISTEN");
    BOOST_TEST(setting(l, "codes.tries").origin.ends_with("/mfad.toml:4"));
    BOOST_TEST(setting(l, "codes.length").origin == "default");
    BOOST_CHECK(loaded("", {{"MFAD_LIMITS_USER", ""}}).config.limits.user.empty());
    const LoadedConfig behind = loaded("", {{"MFAD_HTTP_TRUSTED_PROXIES", "10.0.0.0/8, ::1"}});
    BOOST_TEST(behind.config.http.trusted_proxies.size() == 2U);
}

BOOST_AUTO_TEST_CASE(variables_of_known_sections_are_checked_and_others_left_alone) {
    BOOST_TEST(
        problems_of({{"MFAD_TEST_DATA", "x"}, {"MFAD_SANITIZE", "1"}, {"PATH", "/bin"}}).empty());
    const auto unknown = problems_of({{"MFAD_CRYPTO_KEYFILE", "x"}});
    BOOST_TEST_REQUIRE(unknown.size() == 1U);
    BOOST_TEST(
        unknown[0] == "environment: MFAD_CRYPTO_KEYFILE: unknown key, expected one of "
                      "MFAD_CRYPTO_KEY_FILE");
    for (const auto& [name, value, problem] :
         std::vector<std::tuple<const char*, const char*, const char*>>{
             {"MFAD_SERVER_THREADS", "two", "got \"two\", expected a whole number from 0 to 256"},
             {"MFAD_SERVER_THREADS", "2 ", "got \"2 \", expected a whole number from 0 to 256"},
             {"MFAD_SERVER_THREADS", "", "got \"\", expected a whole number from 0 to 256"},
             {"MFAD_WORKER_ENABLED", "1", "got \"1\", expected true or false"},
             {"MFAD_REDIS_URL", "hunter2",
              "got a text (not shown), expected unix:///path, "
              "redis://[user:password@]host:port/db, or empty"},
             {"MFAD_MAIL_FROM", "a@b\r\nBcc: c@d",
              "got \"a@b\\r\\nBcc: c@d\", expected a mailbox such as \"Name <name@host>\""},
             {"MFAD_MAIL_FROM", "a@\xff",
              "got \"a@\xEF\xBF\xBD\", expected a mailbox such as \"Name <name@host>\""}}) {
        const auto problems = problems_of({{name, value}});
        BOOST_TEST_REQUIRE(problems.size() == 1U, name);
        BOOST_TEST(problems[0] == std::string("environment: ") + name + ": " + problem);
    }
}

BOOST_AUTO_TEST_CASE(a_secret_comes_from_a_file_less_its_last_newline) {
    const PrivateDir dir;
    for (const auto* ending : {"", "\n", "\r\n"}) {
        const auto path = dir.write("url", std::string("redis://u:p@h:1/0") + ending);
        const auto l = loaded("[redis]\nurl_file = \"" + path.string() + "\"\n");
        BOOST_TEST(l.config.redis.url.reveal() == "redis://u:p@h:1/0");
        BOOST_TEST(setting(l, "redis.url").origin.ends_with(":2 (" + path.string() + ")"));
    }
    const auto two_lines = dir.write("url", "redis://h:1/0\n\n");
    const auto problems = problems_of({{"MFAD_REDIS_URL_FILE", two_lines}});
    BOOST_TEST_REQUIRE(problems.size() == 1U);
    BOOST_TEST(
        problems[0] == "environment: MFAD_REDIS_URL_FILE: got a text (not shown), expected "
                       "unix:///path, redis://[user:password@]host:port/db, or empty");
}

BOOST_AUTO_TEST_CASE(a_twin_goes_over_the_other_layer_but_not_beside_its_key) {
    const PrivateDir dir;
    const auto path = dir.write("url", "smtp://u:p@h:25");
    const auto l = loaded("[mail]\nurl = \"maildir:x\"\n", {{"MFAD_MAIL_URL_FILE", path}});
    BOOST_TEST(l.config.mail.url.reveal() == "smtp://u:p@h:25");
    const auto back =
        loaded("[mail]\nurl_file = \"" + path.string() + "\"\n", {{"MFAD_MAIL_URL", "maildir:x"}});
    BOOST_TEST(back.config.mail.url.reveal() == "maildir:x");
    const auto both = problems_of({{"MFAD_MAIL_URL", "maildir:x"}, {"MFAD_MAIL_URL_FILE", path}});
    BOOST_TEST_REQUIRE(both.size() == 1U);
    BOOST_TEST(both[0] == "environment: MFAD_MAIL_URL_FILE: given twice, expected url or url_file");
}

BOOST_AUTO_TEST_CASE(the_listing_has_no_password_that_stands_in_the_wrong_place) {
    for (const std::string url : {"smtps://mailer:pass-word", "smtp://mailer:pass-word/x"}) {
        const LoadedConfig l = loaded("", {{"MFAD_MAIL_URL", url}});
        const std::string text = to_text(l.settings);
        BOOST_TEST(text.find("mail.url = \"smtp") != std::string::npos);
        BOOST_TEST(text.find("pass-word") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(the_listing_has_every_key_and_no_password) {
    const LoadedConfig l = loaded(
        "[redis]\nurl = \"redis://user:pa@ss/word@redis.example:6379/2\"\n",
        {{"MFAD_MAIL_URL", "smtp://mx.example:587"}});
    const std::string text = to_text(l.settings);
    BOOST_TEST(text.find("redis.url = \"redis://***@redis.example:6379/2\"") != std::string::npos);
    BOOST_TEST(text.find("mail.url = \"smtp://mx.example:587\"") != std::string::npos);
    BOOST_TEST(text.find("# environment MFAD_MAIL_URL\n") != std::string::npos);
    BOOST_TEST(text.find("word") == std::string::npos);
    BOOST_TEST(
        std::count(text.begin(), text.end(), '\n') ==
        static_cast<std::ptrdiff_t>(l.settings.size()));
}

BOOST_AUTO_TEST_CASE(only_the_default_file_may_be_absent) {
    const PrivateDir dir;
    const auto before = fs::current_path();
    fs::current_path(dir.path());
    BOOST_CHECK_NO_THROW(load_config(std::nullopt, {}));
    fs::create_directory("config");
    dir.write("config/mfad.toml", "[http]\nlisten = 1\n");
    const auto problems = problems_of(std::nullopt, {});
    fs::current_path(before);
    BOOST_TEST_REQUIRE(problems.size() == 1U);
    BOOST_TEST(problems[0] == "config/mfad.toml:2: http.listen: got 1, expected host:port");

    const auto absent = problems_of(dir.path() / "none.toml", {});
    BOOST_TEST_REQUIRE(absent.size() == 1U);
    BOOST_TEST(
        absent[0] == (dir.path() / "none.toml").string() +
                         ": cannot be read (No such file or directory), expected a TOML file");
    const auto folder = problems_of(dir.path(), {});
    BOOST_TEST_REQUIRE(folder.size() == 1U);
    BOOST_TEST(
        folder[0] ==
        dir.path().string() + ": cannot be read (Is a directory), expected a TOML file");
}

BOOST_AUTO_TEST_SUITE_END()
