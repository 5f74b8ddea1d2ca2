#include "assets.hpp"

#include "web.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

namespace mfad::pages {
namespace {

constexpr std::string_view html_type = "text/html; charset=utf-8";
constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

struct Asset {
    std::string stem; ///< as the page's source names it
    std::string name; ///< with the fingerprint of its content
    std::string_view type;
    std::string content;
};

/// Without indentation and lines that are comments: a page load has few bytes to spend. No text of
/// these sources goes over a line.
std::string stripped(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (std::string_view part : parts) {
        while (!part.empty()) {
            std::string_view line = part.substr(0, part.find('\n'));
            part.remove_prefix(std::min(part.size(), line.size() + 1));
            line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
            const bool is_comment =
                line.starts_with("//") || (line.starts_with("/*") && line.ends_with("*/"));
            if (!line.empty() && !is_comment) out.append(line).append("\n");
        }
    }
    return out;
}

Asset asset(
    std::string stem, std::string_view type, std::initializer_list<std::string_view> parts) {
    std::string content = stripped(parts);
    std::string name = stem;
    const std::string fingerprint = platform::hex(platform::sha256(content).substr(0, 8));
    name.insert(name.find('.'), "-" + fingerprint);
    return {std::move(stem), std::move(name), type, std::move(content)};
}

/// What the page loads at once, and what it loads when it comes to that: a language, and the views
/// that most visits do without.
const std::vector<Asset>& assets() {
    static const std::vector<Asset> all = [] {
        constexpr std::string_view script = "text/javascript; charset=utf-8";
        constexpr std::string_view json = "application/json; charset=utf-8";
        std::vector<Asset> made;
        made.push_back(asset("enroll.css", "text/css; charset=utf-8", {web::enroll_css}));
        made.push_back(asset(
            "enroll.js", script,
            {web::core_js, web::devices_js, web::enroll_js, web::passkeys_js, web::verify_js,
             web::start_js}));
        made.push_back(asset("manage.js", script, {web::manage_js, web::lost_js}));
        made.push_back(asset("de.json", json, {web::de_json}));
        made.push_back(asset("en.json", json, {web::en_json}));
        made.push_back(asset("es.json", json, {web::es_json}));
        made.push_back(asset("ru.json", json, {web::ru_json}));
        made.push_back(asset("zh.json", json, {web::zh_json}));
        return made;
    }();
    return all;
}

void replace(std::string& text, std::string_view what, std::string_view with) {
    if (const auto at = text.find(what); at != std::string::npos)
        text.replace(at, what.size(), with);
}

/// The page with the names of its assets in their places.
const std::string& page() {
    static const std::string text = [] {
        std::string html(web::enroll_html);
        for (const Asset& asset : assets())
            replace(html, asset.stem, asset.name);
        return html;
    }();
    return text;
}

void add_guards(http::Response& response) {
    response.header("X-Content-Type-Options", "nosniff");
    response.header("Referrer-Policy", "no-referrer");
    response.header("Cross-Origin-Opener-Policy", "same-origin");
    response.header("Cross-Origin-Resource-Policy", "same-origin");
}

} // namespace

http::Response page_response() {
    http::Response response(200, html_type, page());
    response.header("Content-Security-Policy", page_policy);
    response.header("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    add_guards(response);
    return response;
}

std::optional<http::Response> asset_response(std::string_view name) {
    for (const Asset& asset : assets()) {
        if (asset.name != name) continue;
        http::Response response(200, asset.type, asset.content);
        response.header("Cache-Control", "public, max-age=31536000, immutable");
        add_guards(response);
        return response;
    }
    return std::nullopt;
}

} // namespace mfad::pages
