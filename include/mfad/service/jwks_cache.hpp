#pragma once

#include "mfad/platform/jwk.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mfad::service {

/// The key of this `kid`. Where there is one key, tokens need not name it; and a lone key without a
/// name is meant whatever the token calls it. Null when there is none.
const platform::JwtKey* find_key(std::span<const platform::JwtKey> keys, std::string_view kid);

struct JwksCacheOptions {
    std::chrono::seconds fresh{600};      ///< until a set is fetched again
    std::chrono::seconds gap{60};         ///< between two fetches of one set
    std::chrono::seconds retry{5};        ///< the same while there are no keys at all
    std::chrono::seconds keep{24 * 3600}; ///< the last good keys, while fetching fails
    std::size_t max_sets = 4096;          ///< the one that was fetched first goes
};

/// When keys that somebody else publishes are fetched, and which ones are good meanwhile. Decides
/// only; whoever asks fetches, and tells what came of it (security checklist: a token causes at
/// most one fetch a minute, an outage of the issuer costs nothing for a day, and nothing is
/// accepted without keys).
///
/// Time is handed in, and never goes back.
/// @par Threads  one at a time
class JwksCache {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Keys = std::shared_ptr<const platform::JwkSet>;

    enum class Next {
        answer, ///< with these keys
        fetch,  ///< it is on the asker to fetch, and to tell `fetched` or `failed`
        wait,   ///< somebody is fetching
    };
    struct Look {
        Next next = Next::answer;
        Keys keys; ///< good now, whatever becomes of a fetch; null: none
    };

    explicit JwksCache(const JwksCacheOptions& options = {}) : options_(options) {}

    /// What to do for a token that names `kid` and is to be checked with the keys at `url`.
    Look look(const std::string& url, std::string_view kid, Time now);

    void fetched(const std::string& url, Keys keys, Time now);
    void failed(const std::string& url);

    /// The keys that are good now; null when there are none.
    Keys keys(const std::string& url, Time now) const;

private:
    struct Entry {
        Keys keys;
        Time fetched{}; ///< of `keys`
        std::optional<Time> tried;
        bool fetching = false;
    };

    Keys good(const Entry& entry, Time now) const;
    bool may_fetch(const Entry& entry, bool has_keys, Time now) const;
    Entry& entry(const std::string& url);

    JwksCacheOptions options_;
    std::map<std::string, Entry, std::less<>> entries_;
};

} // namespace mfad::service
