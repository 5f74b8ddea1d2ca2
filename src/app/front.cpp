#include "front.hpp"

#include "mfad/http/problem.hpp"
#include "mfad/platform/log.hpp"
#include "mfad/redis/errors.hpp"

#include <algorithm>

namespace mfad::app {
namespace {

namespace log = platform::log;
using domain::Refusal;
using http::Fault;
using http::Request;
using http::Response;
using runtime::Awaitable;
using Code = Refusal::Code;

constexpr std::chrono::milliseconds retry_soon{1000};

Code refusal_code(Fault fault) {
    switch (fault) {
    case Fault::body_too_large:
    case Fault::header_too_large:
    case Fault::target_too_long: return Code::too_large;
    case Fault::unsupported_encoding: return Code::wrong_media;
    case Fault::not_implemented:
    case Fault::bad_request:
    case Fault::expectation_failed:
    case Fault::timed_out: return Code::malformed;
    case Fault::overloaded: return Code::unavailable;
    case Fault::internal: break;
    }
    return Code::internal;
}

/// What will pass by itself, and soon.
Refusal refuse_for_now(Code code) {
    Refusal refusal = domain::refuse(code);
    if (code == Code::unavailable) refusal.retry_after = retry_soon;
    return refusal;
}

/// The answer to a request that no route takes.
Refusal unrouted(const http::RouteMatch& match) {
    if (match.kind() == http::RouteMatch::Kind::not_found)
        return domain::refuse(Code::no_such_path);
    return domain::refuse(Code::wrong_method, {}, http::allow_value(match.allowed()));
}

/// Replies of a store that is there, but takes no writes, or nothing at all, for the time being:
/// full, loading, a replica, on a broken disk, busy.
bool is_outage(const redis::ErrorReply& error) {
    static constexpr std::string_view codes[] = {"OOM",  "LOADING",    "READONLY",  "MISCONF",
                                                 "BUSY", "NOREPLICAS", "MASTERDOWN"};
    return std::ranges::find(codes, error.code()) != std::end(codes);
}

/// What is thrown out of a handler: an outage is no bug.
Refusal refusal_of(std::exception_ptr thrown, std::string& what) {
    Refusal outage = refuse_for_now(Code::unavailable);
    try {
        std::rethrow_exception(thrown);
    } catch (const redis::Unavailable& error) {
        what = error.what();
        return outage;
    } catch (const redis::ErrorReply& error) {
        what = error.what();
        if (is_outage(error)) return outage;
    } catch (const std::exception& error) {
        what = error.what();
    } catch (...) {
        what = "not a std::exception";
    }
    return domain::refuse(Code::internal);
}

} // namespace

RouteTable::RouteTable() {
    std::vector<http::Route> table;
    const auto add = [&](http::Methods methods, const Entry& entry, bool optional_slash) {
        table.push_back(
            {methods, entry.pattern, static_cast<http::RouteId>(entries_.size()), optional_slash});
        entries_.push_back(entry);
    };
    for (const auto* dialect :
         {&dialects::xsolla(), &dialects::rebilly(), &dialects::quiva(), &dialects::navixy(),
          &dialects::native()})
        for (const dialects::Route& route : dialect->routes())
            add(route.methods, {route.pattern, dialect, route.handler, nullptr},
                route.optional_slash);
    for (const pages::Route& route : pages::routes())
        add(route.methods, {route.pattern, nullptr, nullptr, route.handler}, false);
    router_.emplace(table);
}

http::RouteMatch RouteTable::match(const Request& request) const {
    http::RouteMatch match = router_->match(request.method, request.path);
    if (match.kind() == http::RouteMatch::Kind::not_found) return match;
    const dialects::Dialect* dialect = entry(match.id()).dialect;
    const dialects::Dialect& owner = dialects::owner_of(request.path);
    // What native owns is what nobody else claims.
    const bool foreign = dialect != nullptr && dialect != &owner && &owner != &dialects::native();
    return foreign ? http::RouteMatch{} : std::move(match);
}

Front::Front(
    const RouteTable& routes, dialects::Services services, pages::Services pages,
    RequestMetrics& metrics, platform::Config::RequestLog log)
    : routes_(routes), services_(std::move(services)), pages_(std::move(pages)), metrics_(metrics),
      log_(log) {}

Awaitable<Response> Front::handle(const Request& request) {
    const http::RouteMatch match = routes_.match(request);
    const RouteTable::Entry* const entry = match.found() ? &routes_.entry(match.id()) : nullptr;
    service::Call call;
    std::optional<dialects::Exchange> exchange;
    Response response;
    std::exception_ptr thrown;
    try {
        if (entry == nullptr) {
            response = dialects::owner_of(request.path).refuse(request, call, unrouted(match));
        } else if (entry->page != nullptr) {
            pages::Exchange page{request, match, pages_};
            response = co_await entry->page(page);
        } else {
            exchange.emplace(request, match, services_, *entry->dialect, call);
            response = co_await entry->handler(*exchange);
        }
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown) {
        std::string what;
        const Refusal refusal = refusal_of(thrown, what);
        const bool ours = refusal.code == Code::internal;
        log::event(
            ours ? log::Level::error : log::Level::warn,
            ours ? "request.failed" : "store.unavailable",
            {{"request", request.request_id}, {"error", what}});
        response = dialects::owner_of(request.path).refuse(request, call, refusal);
    }
    if (exchange && exchange->claim) co_await dialects::settle(*exchange, response);
    record(request, &match, call, response.status());
    co_return response;
}

Response Front::fail(const Request& request, Fault fault) noexcept {
    const dialects::Dialect& owner = dialects::owner_of(request.path);
    const service::Call nobody;
    // The dialects' tables have no words for what only HTTP can say; the native shape says it.
    const unsigned status = http::status_of(fault);
    const bool is_native = owner.name() == domain::DialectName::native;
    const Refusal refusal = fault == Fault::not_implemented
                                ? unrouted(routes_.router().match(request.method, request.path))
                                : refuse_for_now(refusal_code(fault));
    Response response =
        is_native && fault != Fault::overloaded
            ? http::problem(status, http::reason_phrase(status), {}, request.request_id)
            : owner.refuse(request, nobody, refusal);
    record(request, nullptr, nobody, response.status());
    return response;
}

void Front::record(
    const Request& request, const http::RouteMatch* match, const service::Call& call,
    unsigned status) {
    using RequestLog = platform::Config::RequestLog;
    const auto duration = runtime::SteadyClock::now() - request.received;
    const bool routed = match != nullptr && match->found();
    const std::string_view dialect = to_string(dialects::owner_of(request.path).name());
    metrics_.count(routed ? match->id() : -1, dialect, status, duration);
    if (log_ == RequestLog::none || (log_ == RequestLog::errors && status < 400)) return;
    // The pattern instead of the path, and no query: both may hold what no log should.
    log::event(
        log::Level::info, "http.request",
        {{"request", request.request_id},
         {"method", http::to_string(request.method)},
         {"route", routed ? routes_.entry(match->id()).pattern : std::string_view("none")},
         {"dialect", dialect},
         {"status", status},
         {"duration_us", std::chrono::duration_cast<std::chrono::microseconds>(duration).count()},
         {"tenant", call.tenant ? std::string_view(call.tenant->id) : std::string_view{}},
         {"credential", call.caller.credential_id},
         {"client", request.client}});
}

} // namespace mfad::app
