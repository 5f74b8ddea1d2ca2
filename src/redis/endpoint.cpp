#include "mfad/redis/endpoint.hpp"

#include <boost/url.hpp>

#include <charconv>
#include <stdexcept>
#include <sys/un.h>

namespace mfad::redis {
namespace {

namespace urls = boost::urls;

constexpr const char* forms =
    "expected unix:///path[?db=n] or redis://[user:password@]host[:port][/db]";

[[noreturn]] void refuse(const std::string& why) {
    throw std::invalid_argument("Redis URL: " + why + "; " + forms);
}

unsigned parse_database(std::string_view text) {
    unsigned number = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end || number > 99'999)
        refuse("the database is a number from 0 to 99999");
    return number;
}

Endpoint parse_unix(const urls::url_view& url) {
    if (!url.encoded_authority().empty() || url.path().size() < 2 || url.path()[0] != '/')
        refuse("a unix socket has an absolute path and no host");
    Endpoint endpoint = Endpoint::unix_socket(url.path());
    for (const auto& parameter : url.params()) {
        if (parameter.key != "db" || !parameter.has_value) refuse("the only parameter is db");
        endpoint.database = parse_database(parameter.value);
    }
    return endpoint;
}

Endpoint parse_tcp(const urls::url_view& url) {
    Endpoint endpoint;
    endpoint.host = url.host_type() == urls::host_type::ipv6 ? url.host_address() : url.host();
    if (endpoint.host.empty()) refuse("the host is missing");
    if (url.has_port()) {
        if (url.port_number() == 0) refuse("the port is a number from 1 to 65535");
        endpoint.port = url.port_number();
    }
    if (url.has_userinfo()) {
        endpoint.user = url.user();
        endpoint.password = url.password();
        if (endpoint.password.empty()) refuse("a user needs a password");
    }
    if (const std::string path = url.path(); path.size() > 1)
        endpoint.database = parse_database(std::string_view(path).substr(1));
    if (url.has_query()) refuse("redis:// takes no parameters");
    return endpoint;
}

} // namespace

Endpoint Endpoint::unix_socket(std::string path) {
    constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
    if (path.size() > longest)
        throw std::invalid_argument(
            "the path of a unix socket has at most " + std::to_string(longest) +
            " bytes, this one has " + std::to_string(path.size()) + ": " + path);
    Endpoint endpoint;
    endpoint.path = std::move(path);
    return endpoint;
}

Endpoint Endpoint::parse(std::string_view text) {
    const auto parsed = urls::parse_uri(urls::string_view(text.data(), text.size()));
    if (!parsed) refuse("not a URL (special characters in a password are written as %XX)");
    const urls::url_view& url = *parsed;
    if (url.has_fragment()) refuse("a # is written as %23");
    if (url.scheme() == "unix") return parse_unix(url);
    if (url.scheme() == "redis") return parse_tcp(url);
    refuse("the scheme " + std::string(url.scheme()) + " is not supported");
}

std::string Endpoint::redacted() const {
    const std::string number = std::to_string(database);
    if (!path.empty()) return "unix://" + path + (database == 0 ? "" : "?db=" + number);
    std::string url = "redis://";
    if (!password.empty()) url.append(user).append(":***@");
    url += host.find(':') == std::string::npos ? host : "[" + host + "]";
    url.append(":").append(std::to_string(port));
    if (database != 0) url.append("/").append(number);
    return url;
}

} // namespace mfad::redis
