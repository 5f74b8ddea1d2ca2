#pragma once

#include "mfad/runtime/executor.hpp"
#include "mfad/service/jwks_cache.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::service {

/// Where a token's check finds keys that its issuer publishes somewhere.
class KeySetSource {
public:
    using Keys = JwksCache::Keys;

    virtual ~KeySetSource() = default;
    /// The keys at `url` for a token that names `kid`: those at hand, or freshly fetched ones when
    /// they are old, or lack this one, and it is time to. Waits for one fetch at most.
    /// @return null when there are none
    virtual runtime::Awaitable<Keys> find_keys(const std::string& url, std::string_view kid) = 0;
};

/// Key sets as they are fetched, for all threads of a server together: so the limits on fetching
/// are the server's. The lock is held for look-ups only.
///
/// What was fetched has to be a set of public keys by the rules of `JwkSet`; a set with secrets is
/// none.
/// @par Threads  any
class FetchedKeySets final : public KeySetSource {
public:
    /// Takes the document; nothing, and why, when there is none.
    using Done = std::function<void(std::optional<std::string> document, const std::string& why)>;
    /// Begins to get a document; calls `done` once, on any thread, at once or later.
    using Fetch = std::function<void(std::string url, Done done)>;
    /// Hears of every fetch what came of it; `why` is empty when it was good. Any thread.
    using Heard = std::function<void(std::string_view url, std::string_view why)>;

    FetchedKeySets(Fetch fetch, Heard heard, const JwksCacheOptions& options = {})
        : fetch_(std::move(fetch)), heard_(std::move(heard)), cache_(options) {}
    FetchedKeySets(const FetchedKeySets&) = delete;
    FetchedKeySets& operator=(const FetchedKeySets&) = delete;

    /// @par Cancellation  terminal: the keys at hand, if any
    runtime::Awaitable<Keys> find_keys(const std::string& url, std::string_view kid) override;

private:
    struct Waiter;

    Keys known_keys(const std::string& url);
    void begin(const std::string& url);
    void settle(
        const std::string& url, const std::optional<std::string>& document, const std::string& why);

    const Fetch fetch_;
    const Heard heard_;
    std::mutex mutex_;
    JwksCache cache_;
    std::map<std::string, std::vector<std::shared_ptr<Waiter>>, std::less<>> waiters_;
};

} // namespace mfad::service
