#include "assets.hpp"

#include "web.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"

#include <array>

namespace mfad::pages {
namespace {

constexpr std::string_view html_type = "text/html; charset=utf-8";
constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

struct Asset {
    std::string name; ///< with the fingerprint of its content
    std::string_view type;
    std::string_view content;
};

Asset fingerprinted(
    std::string_view stem, std::string_view extension, std::string_view type,
    std::string_view content) {
    std::string name(stem);
    name += '-';
    name += platform::hex(platform::sha256(content).substr(0, 8));
    name += extension;
    return {std::move(name), type, content};
}

const std::array<Asset, 3>& assets() {
    static const std::array<Asset, 3> all{
        fingerprinted("enroll", ".css", "text/css; charset=utf-8", web::enroll_css),
        fingerprinted("enroll", ".js", "text/javascript; charset=utf-8", web::enroll_js),
        fingerprinted("texts", ".js", "text/javascript; charset=utf-8", web::texts_js),
    };
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
        replace(html, "enroll.css", assets()[0].name);
        replace(html, "enroll.js", assets()[1].name);
        replace(html, "texts.js", assets()[2].name);
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
        http::Response response(200, asset.type, std::string(asset.content));
        response.header("Cache-Control", "public, max-age=31536000, immutable");
        add_guards(response);
        return response;
    }
    return std::nullopt;
}

} // namespace mfad::pages
