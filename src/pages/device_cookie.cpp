#include "device_cookie.hpp"

#include "mfad/platform/concat.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/service/devices.hpp"

#include <algorithm>
#include <chrono>

namespace mfad::pages {
namespace {

constexpr std::size_t name_bytes = 9;

std::string cookie_name(const domain::UserRef& user) {
    const std::string size = std::to_string(user.tenant.size());
    const std::string who = platform::concat(size, ":", user.tenant, ":", user.user);
    const std::string digest = platform::sha256(who).substr(0, name_bytes);
    return platform::concat("__Host-mfad-device-", platform::base64url(digest));
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

} // namespace

std::string device_cookie(const http::Request& request, const domain::UserRef& user) {
    std::string_view rest = request.header("Cookie").value_or("");
    const std::string name = cookie_name(user);
    while (!rest.empty()) {
        const std::string_view pair = trimmed(rest.substr(0, rest.find(';')));
        rest.remove_prefix(std::min(rest.size(), rest.find(';')));
        if (!rest.empty()) rest.remove_prefix(1);
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name)
            return std::string(pair.substr(equals + 1));
    }
    return {};
}

void set_device_cookie(
    http::Response& response, const domain::UserRef& user, std::string_view token) {
    const auto lifetime = std::chrono::seconds(service::Devices::lifetime).count();
    const std::string age = std::to_string(token.empty() ? 0 : lifetime);
    response.header(
        "Set-Cookie", platform::concat(
                          cookie_name(user), "=", token, "; Path=/; Max-Age=", age,
                          "; Secure; HttpOnly; SameSite=Strict"));
}

} // namespace mfad::pages
