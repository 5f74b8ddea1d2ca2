#include "key_set_fetching.hpp"

#include "mfad/platform/log.hpp"

namespace mfad::app {
namespace {

namespace log = platform::log;

http::FetchOptions fetch_options(const platform::Config& config) {
    http::FetchOptions options;
    options.ca_file = config.tokens.jwks_ca_file.string();
    options.allow_private = config.tokens.jwks_allow_private;
    options.max_bytes = platform::JwkSet::max_json_bytes;
    return options;
}

platform::Counter& counter(platform::Metrics& metrics, const std::string& outcome) {
    return metrics.counter(
        "mfad_key_set_fetches_total", "Fetches of tenants' key sets (jwks_uri), by outcome.",
        {{"outcome", outcome}});
}

} // namespace

KeySetFetching::KeySetFetching(const platform::Config& config, platform::Metrics& metrics)
    : good_(counter(metrics, "good")), bad_(counter(metrics, "failed")),
      sets_(
          [this](std::string url, service::FetchedKeySets::Done done) {
              fetcher_.fetch(std::move(url), std::move(done));
          },
          [this](std::string_view url, std::string_view why) { heard(url, why); }),
      fetcher_(fetch_options(config)) {}

void KeySetFetching::heard(std::string_view url, std::string_view why) {
    (why.empty() ? good_ : bad_).add();
    if (why.empty()) return;
    const std::string_view shown = url.substr(0, url.find('?')); // a query may hold a secret
    log::event(log::Level::warn, "key_set.not_fetched", {{"url", shown}, {"error", why}});
}

} // namespace mfad::app
