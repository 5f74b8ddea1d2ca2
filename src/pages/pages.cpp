#include "mfad/pages/pages.hpp"

#include "assets.hpp"
#include "page_calls.hpp"

namespace mfad::pages {
namespace {

using http::Method;

Answer get_page(Exchange&) {
    co_return page_response();
}

Answer get_asset(Exchange& x) {
    std::optional<http::Response> asset = asset_response(x.match.parameter(0));
    if (!asset) co_return problem(x, 404, "Not Found", "There is no such resource.");
    co_return std::move(*asset);
}

constexpr Route route_table[] = {
    {Method::get, "/enroll", get_page},
    {Method::get, "/enroll/", get_page},
    {Method::get, "/enroll/assets/{name}", get_asset},
    {Method::post, "/enroll/api/link", post_link},
    {Method::post, "/enroll/api/begin", post_begin},
    {Method::post, "/enroll/api/code", post_code},
    {Method::post, "/enroll/api/verify", post_verify},
    {Method::post, "/enroll/api/challenge", post_challenge},
    {Method::post, "/enroll/api/challenge/send", post_challenge_send},
    {Method::post, "/enroll/api/challenge/verify", post_challenge_verify},
    {Method::post, "/enroll/api/status", post_status},
    {Method::post, "/enroll/api/totp", post_totp},
    {Method::post, "/enroll/api/totp/confirm", post_totp_confirm},
    {Method::post, "/enroll/api/passkey", post_passkey},
    {Method::post, "/enroll/api/passkey/confirm", post_passkey_confirm},
    {Method::post, "/enroll/api/recovery-codes", post_recovery_codes},
    {Method::post, "/enroll/api/factors/remove", post_remove},
    {Method::post, "/enroll/api/devices/remove", post_device_remove},
    {Method::post, "/enroll/api/lost/reset", post_lost_reset},
    {Method::post, "/enroll/api/lost/schedule", post_lost_schedule},
    {Method::post, "/enroll/api/lost/cancel", post_lost_cancel},
};

} // namespace

std::span<const Route> routes() {
    return route_table;
}

} // namespace mfad::pages
