#pragma once

#include "mfad/http/message.hpp"
#include "mfad/http/router.hpp"
#include "mfad/service/challenges.hpp"
#include "mfad/service/devices.hpp"
#include "mfad/service/enrollment.hpp"
#include "mfad/service/factors.hpp"
#include "mfad/service/recovery.hpp"
#include "mfad/service/visits.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

/// The product's own web pages: they follow links, to enroll factors, to verify, to manage factors
/// and to recover them (docs/pages.md). Everything is embedded, nothing comes from anywhere else,
/// and a GET changes nothing: mail scanners may fetch what they like.
namespace mfad::pages {

struct Services {
    service::Enrollment& enrollment;
    service::Visits& visits;
    service::Challenges& challenges;
    service::Factors& factors;
    service::Recovery& recovery;
    service::Devices& devices;
    std::function<void()> wake_worker; ///< called when a code is to be mailed
    std::string public_origin;         ///< scheme, host and port that the pages are reached by
};

struct Exchange {
    const http::Request& request;
    const http::RouteMatch& match;
    Services& services;
};

using Handler = runtime::Awaitable<http::Response> (*)(Exchange&);

struct Route {
    http::Methods methods;
    std::string_view pattern;
    Handler handler = nullptr;
};

std::span<const Route> routes();

} // namespace mfad::pages
