#include "mfad/service/key_sets.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/result.hpp>

#include <algorithm>

namespace mfad::service {
namespace {

namespace asio = runtime::asio;
using runtime::SteadyClock;

/// The set in a document, or why it is none.
boost::system::result<JwksCache::Keys, std::string> read(
    const std::optional<std::string>& document, const std::string& why) {
    if (!document) return why;
    auto set = platform::JwkSet::parse(*document);
    if (!set) return set.error().why;
    const auto is_secret = [](const platform::JwtKey& key) {
        return key.alg() == platform::JwtAlg::hs256;
    };
    if (std::ranges::any_of(set->keys(), is_secret)) return std::string("it publishes a secret");
    return JwksCache::Keys(std::make_shared<const platform::JwkSet>(*std::move(set)));
}

} // namespace

/// A coroutine that waits for a fetch. Its timer never expires; it is cancelled on the coroutine's
/// own thread.
struct FetchedKeySets::Waiter {
    runtime::Timer timer;
    bool told = false; ///< perhaps before it waits

    explicit Waiter(const runtime::Executor& executor)
        : timer(executor, SteadyClock::time_point::max()) {}
};

runtime::Awaitable<FetchedKeySets::Keys> FetchedKeySets::find_keys(
    const std::string& url, std::string_view kid) {
    const runtime::Executor executor = co_await asio::this_coro::executor;
    std::shared_ptr<Waiter> waiter;
    JwksCache::Look look;
    {
        const std::lock_guard lock(mutex_);
        look = cache_.look(url, kid, SteadyClock::now());
        if (look.next == JwksCache::Next::answer) co_return look.keys;
        waiter = std::make_shared<Waiter>(executor);
        waiters_[url].push_back(waiter);
    }
    if (look.next == JwksCache::Next::fetch) begin(url);
    if (!waiter->told) co_await waiter->timer.async_wait(runtime::tuple_token);
    co_return known_keys(url);
}

FetchedKeySets::Keys FetchedKeySets::known_keys(const std::string& url) {
    const std::lock_guard lock(mutex_);
    return cache_.keys(url, SteadyClock::now());
}

void FetchedKeySets::begin(const std::string& url) {
    fetch_(url, [this, url](const std::optional<std::string>& document, const std::string& why) {
        settle(url, document, why);
    });
}

void FetchedKeySets::settle(
    const std::string& url, const std::optional<std::string>& document, const std::string& why) {
    auto keys = read(document, why);
    heard_(url, keys ? std::string_view() : std::string_view(keys.error()));
    std::vector<std::shared_ptr<Waiter>> waiters;
    {
        const std::lock_guard lock(mutex_);
        if (keys)
            cache_.fetched(url, *std::move(keys), SteadyClock::now());
        else
            cache_.failed(url);
        if (auto found = waiters_.extract(url)) waiters = std::move(found.mapped());
    }
    for (const std::shared_ptr<Waiter>& waiter : waiters)
        asio::post(waiter->timer.get_executor(), [waiter] {
            waiter->told = true;
            waiter->timer.cancel();
        });
}

} // namespace mfad::service
