#pragma once

#include "mfad/redis/bounded_map.hpp"
#include "mfad/redis/invalidation.hpp"
#include "mfad/runtime/executor.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace mfad::redis {

struct CacheOptions {
    /// Entries for keys that exist.
    std::size_t max_found = 65'536;
    /// Entries for keys that do not, apart, so that guesses push no real one out.
    std::size_t max_missing = 16'384;
    /// Of an entry, from the beginning of its fill.
    std::chrono::milliseconds max_age{30'000};
};

struct CacheCounters {
    std::uint64_t hits = 0;
    std::uint64_t fills = 0;     ///< asked of Redis to be kept
    std::uint64_t joined = 0;    ///< waited for a fill of somebody else's
    std::uint64_t bypasses = 0;  ///< asked of Redis because the source was not coherent
    std::uint64_t discarded = 0; ///< fills that an invalidation overtook: served, not kept
    std::uint64_t resets = 0;
    std::size_t found = 0;   ///< entries now
    std::size_t missing = 0; ///< entries now
};

/// Parsed values of Redis keys, kept as long as an `InvalidationSource` vouches for them.
///
/// A fill is registered under its key before Redis is asked. An invalidation that comes meanwhile
/// takes it out, so its answer serves those who waited for it already and is not kept: whoever asks
/// later asks Redis again. While the source is not coherent nothing is served from here.
///
/// Threads: one. It must outlive the coroutines in `get`, and the source must outlive it.
template <class Value>
class Cache final : public InvalidationListener {
public:
    using TimePoint = runtime::SteadyClock::time_point;
    using Item = std::shared_ptr<const Value>; ///< null: the key does not exist
    /// Asks Redis for a key. May throw; that is handed to the caller and not kept.
    using Fill = std::function<runtime::Awaitable<Item>(std::string key, TimePoint deadline)>;

    Cache(InvalidationSource& source, Fill fill, CacheOptions options = {})
        : source_(source), fill_(std::move(fill)), max_age_(options.max_age),
          found_(options.max_found), missing_(options.max_missing),
          pending_(std::make_shared<PendingFills>()) {
        source_.subscribe(*this);
    }
    Cache(const Cache&) = delete;
    Cache& operator=(const Cache&) = delete;
    ~Cache() override { source_.unsubscribe(*this); }

    /// What is known of `key` without asking: an item, possibly null, or nothing.
    std::optional<Item> find(std::string_view key, TimePoint now = runtime::SteadyClock::now()) {
        if (!source_.coherent_at(now)) return std::nullopt;
        std::optional<Item> item = find_in(found_, key, now);
        if (!item) item = find_in(missing_, key, now);
        if (item) ++counters_.hits;
        return item;
    }

    /// The item of `key`, from here or from Redis.
    /// @param deadline is handed to the fill
    runtime::Awaitable<Item> get(std::string key, TimePoint deadline) {
        for (;;) {
            if (std::optional<Item> item = find(key)) co_return std::move(*item);
            if (!source_.coherent()) {
                ++counters_.bypasses;
                co_return co_await fill_(std::move(key), deadline);
            }
            const auto found = pending_->find(key);
            if (found == pending_->end()) co_return co_await lead(std::move(key), deadline);
            const std::shared_ptr<Pending> pending = found->second;
            // Who may wait longer than this caller is not waited for.
            if (pending->deadline > deadline) co_return co_await fill_(std::move(key), deadline);
            ++counters_.joined;
            co_await pending->over.async_wait(runtime::tuple_token);
            if (pending->item) co_return *pending->item;
        }
    }

    void on_invalidate(std::string_view key) override {
        found_.erase(key);
        missing_.erase(key);
        if (const auto pending = pending_->find(key); pending != pending_->end()) {
            ++counters_.discarded;
            pending_->erase(pending);
        }
    }

    void on_reset() override {
        ++counters_.resets;
        counters_.discarded += pending_->size();
        found_.clear();
        missing_.clear();
        pending_->clear();
    }

    CacheCounters counters() const {
        CacheCounters counters = counters_;
        counters.found = found_.size();
        counters.missing = missing_.size();
        return counters;
    }

private:
    struct Entry {
        Item item;
        TimePoint expires;
    };
    using Entries = BoundedMap<Entry>;

    /// A fill under way. Who joins waits on a timer that never expires and is cancelled in the end.
    struct Pending {
        Pending(const runtime::Executor& executor, TimePoint until)
            : deadline(until), over(executor, TimePoint::max()) {}

        TimePoint deadline;
        runtime::Timer over;
        std::optional<Item> item; // empty at the end: the fill failed
    };
    using PendingFills =
        std::unordered_map<std::string, std::shared_ptr<Pending>, StringHash, std::equal_to<>>;

    /// However the leader ends, and be it with the io_context, its fill is over. Touches no cache.
    class Leading {
    public:
        Leading(
            std::shared_ptr<PendingFills> fills, std::string key, std::shared_ptr<Pending> pending)
            : fills_(std::move(fills)), key_(std::move(key)), pending_(std::move(pending)) {
            fills_->emplace(key_, pending_);
        }
        Leading(const Leading&) = delete;
        Leading& operator=(const Leading&) = delete;
        ~Leading() {
            if (is_registered()) fills_->erase(key_);
            pending_->over.cancel();
        }

        /// Whether nothing has overtaken the fill.
        bool is_registered() const {
            const auto found = fills_->find(key_);
            return found != fills_->end() && found->second == pending_;
        }

    private:
        std::shared_ptr<PendingFills> fills_;
        std::string key_;
        std::shared_ptr<Pending> pending_;
    };

    runtime::Awaitable<Item> lead(std::string key, TimePoint deadline) {
        ++counters_.fills;
        const auto executor = co_await runtime::asio::this_coro::executor;
        const auto pending = std::make_shared<Pending>(executor, deadline);
        const Leading leading(pending_, key, pending);
        const TimePoint expires = runtime::SteadyClock::now() + max_age_;
        Item item = co_await fill_(key, deadline);
        pending->item = item;
        if (leading.is_registered()) {
            Entries& entries = item ? found_ : missing_;
            Entry entry{item, expires};
            entries.put(std::move(key), std::move(entry));
        }
        co_return item;
    }

    std::optional<Item> find_in(Entries& entries, std::string_view key, TimePoint now) {
        Entry* const entry = entries.find(key);
        if (entry == nullptr) return std::nullopt;
        if (now < entry->expires) return entry->item;
        entries.erase(key);
        return std::nullopt;
    }

    InvalidationSource& source_;
    Fill fill_;
    std::chrono::milliseconds max_age_;
    Entries found_;
    Entries missing_;
    // Shared with leaders, which may be unwound after the cache has gone.
    std::shared_ptr<PendingFills> pending_;
    CacheCounters counters_;
};

} // namespace mfad::redis
