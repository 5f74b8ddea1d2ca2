#include "ops.hpp"

#include "mfad/http/problem.hpp"

#include <algorithm>

namespace mfad::app {
namespace {

using http::Response;

constexpr std::string_view text_type = "text/plain; charset=utf-8";
constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

} // namespace

Response Ops::ready(bool strict) const {
    if (draining_) return {503, text_type, "draining\n"};
    std::chrono::nanoseconds away{0};
    for (const StoreHealth* store : stores_)
        away = std::max(away, store->away());
    if (away > (strict ? std::chrono::nanoseconds{0} : std::chrono::nanoseconds{ready_after_}))
        return {503, text_type, "store away\n"};
    return {200, text_type, "ready\n"};
}

runtime::Awaitable<Response> Ops::handle(const http::Request& request) {
    const bool reads = request.method == http::Method::get || request.method == http::Method::head;
    const bool known =
        request.path == "/metrics" || request.path == "/healthz" || request.path == "/readyz";
    if (!known)
        co_return http::problem(404, "Not Found", "There is no such resource.", request.request_id);
    if (!reads) {
        Response response = http::problem(
            405, "Method Not Allowed", "The resource has other methods.", request.request_id);
        co_return std::move(response.header("Allow", "GET, HEAD"));
    }
    if (request.path == "/metrics") co_return Response(200, metrics_type, metrics_.text());
    if (request.path == "/healthz") co_return Response(200, text_type, "ok\n");
    Response response = ready(request.query == "strict");
    if (response.status() == 503) response.header("Retry-After", "1");
    co_return response;
}

Response Ops::fail(const http::Request& request, http::Fault) noexcept {
    return http::problem(400, "Bad Request", {}, request.request_id);
}

} // namespace mfad::app
