#pragma once

#include "request_metrics.hpp"

#include "mfad/dialects/dialect.hpp"
#include "mfad/http/message.hpp"
#include "mfad/http/router.hpp"
#include "mfad/pages/pages.hpp"
#include "mfad/platform/config.hpp"

#include <optional>
#include <vector>

namespace mfad::app {

/// Every route of the public listener, put together once for all threads.
class RouteTable {
public:
    /// A route's handler is its dialect's, or a page's.
    struct Entry {
        std::string_view pattern;
        const dialects::Dialect* dialect = nullptr; ///< null: a page
        dialects::Handler handler = nullptr;
        pages::Handler page = nullptr;
    };

    RouteTable();

    const http::Router& router() const { return *router_; }
    /// The route of a request; none where a pattern fits that is not the path's owner's:
    /// `/users/me` is Xsolla's, though Rebilly's `/users/{id}` fits.
    http::RouteMatch match(const http::Request& request) const;
    const Entry& entry(http::RouteId id) const { return entries_[id]; }
    std::size_t size() const { return entries_.size(); }
    const std::vector<Entry>& entries() const { return entries_; }

private:
    std::vector<Entry> entries_;
    std::optional<http::Router> router_;
};

/// What one thread serves on the public listener: finds the owner of a request, lets him answer,
/// and sees to it that whatever goes wrong is answered in his shape, counted and logged.
class Front final : public http::Application {
public:
    Front(
        const RouteTable& routes, dialects::Services services, pages::Services pages,
        RequestMetrics& metrics, platform::Config::RequestLog log);

    runtime::Awaitable<http::Response> handle(const http::Request& request) override;
    http::Response fail(const http::Request& request, http::Fault fault) noexcept override;

private:
    void record(
        const http::Request& request, const http::RouteMatch* match, const service::Call& call,
        unsigned status);

    const RouteTable& routes_;
    dialects::Services services_;
    pages::Services pages_;
    RequestMetrics& metrics_;
    platform::Config::RequestLog log_;
};

} // namespace mfad::app
