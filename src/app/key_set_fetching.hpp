#pragma once

#include "mfad/http/https_fetcher.hpp"
#include "mfad/platform/config.hpp"
#include "mfad/platform/metrics.hpp"
#include "mfad/service/key_sets.hpp"

namespace mfad::app {

/// Tenants' key sets (`jwks_uri`) of a server: what fetches them, and what keeps them.
class KeySetFetching {
public:
    KeySetFetching(const platform::Config& config, platform::Metrics& metrics);

    service::KeySetSource& source() { return sets_; }
    /// Ends what is under way; whoever waits is told. Before the contexts of those who wait go.
    void stop() { fetcher_.stop(); }

private:
    void heard(std::string_view url, std::string_view why);

    platform::Counter& good_;
    platform::Counter& bad_;
    service::FetchedKeySets sets_;
    http::HttpsFetcher fetcher_; // its thread reports to the sets
};

} // namespace mfad::app
