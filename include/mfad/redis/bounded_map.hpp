#pragma once

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mfad::redis {

/// For maps of strings that are searched by views.
struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

/// A map from strings that never holds more than `capacity` entries, 2^32 - 1 at most. One that is
/// put in when it is full replaces one that has not been found since the clock's hand last came by
/// ("second chance"). All operations are O(1) on average. Room for all is set aside at once, so
/// that none ever waits for the table to grow; the system gives the memory as it is used.
template <class Value>
class BoundedMap {
public:
    explicit BoundedMap(std::size_t capacity)
        : capacity_(capacity), index_(0, Hash{this}, Equal{this}) {
        entries_.reserve(capacity);
        index_.reserve(capacity);
    }
    BoundedMap(const BoundedMap&) = delete; // the index asks this object for the keys
    BoundedMap& operator=(const BoundedMap&) = delete;
    ~BoundedMap() = default;

    /// The value of `key`, until the next change; null when there is none.
    Value* find(std::string_view key) {
        const auto found = index_.find(key);
        if (found == index_.end()) return nullptr;
        Entry& entry = entries_[*found];
        if (!entry.used)
            entry.used = true; // what is only read stays clean in the processor's cache
        return &entry.value;
    }

    void put(std::string key, Value value) {
        if (capacity_ == 0) return;
        if (Value* const old = find(key)) {
            *old = std::move(value);
            return;
        }
        if (entries_.size() == capacity_) evict();
        entries_.push_back({std::move(key), std::move(value)});
        index_.insert(static_cast<Place>(entries_.size() - 1));
    }

    /// Calls `visit(key, value)` for each, in no order; it is not to change the map.
    template <class Visit>
    void for_each(const Visit& visit) const {
        for (const Entry& entry : entries_)
            visit(std::string_view(entry.key), entry.value);
    }

    bool erase(std::string_view key) {
        const auto found = index_.find(key);
        if (found == index_.end()) return false;
        const Place place = *found;
        index_.erase(found);
        const auto last = static_cast<Place>(entries_.size() - 1);
        if (place != last) { // the last one takes the place that becomes free
            index_.erase(last);
            entries_[place] = std::move(entries_[last]);
            index_.insert(place);
        }
        entries_.pop_back();
        return true;
    }

    void clear() {
        index_.clear();
        entries_.clear();
        hand_ = 0;
    }

    std::size_t size() const { return entries_.size(); }

private:
    using Place = std::uint32_t; // in entries_

    struct Entry {
        std::string key;
        Value value;
        bool used = false;
    };
    // The index holds four bytes an entry: most of a search stays in the processor's cache.
    struct Hash {
        using is_transparent = void;
        using is_avalanching = void; // std::hash mixes well
        const BoundedMap* map;
        std::size_t operator()(std::string_view key) const { return StringHash{}(key); }
        std::size_t operator()(Place place) const { return (*this)(map->entries_[place].key); }
    };
    struct Equal {
        using is_transparent = void;
        const BoundedMap* map;
        bool operator()(Place a, Place b) const { return a == b; }
        bool operator()(std::string_view key, Place place) const {
            return key == map->entries_[place].key;
        }
        bool operator()(Place place, std::string_view key) const { return (*this)(key, place); }
    };

    void evict() {
        for (;; ++hand_) {
            if (hand_ >= entries_.size()) hand_ = 0;
            if (!std::exchange(entries_[hand_].used, false)) break;
        }
        const std::string key = entries_[hand_].key;
        erase(key);
    }

    std::size_t capacity_;
    std::vector<Entry> entries_;
    boost::unordered_flat_set<Place, Hash, Equal> index_;
    std::size_t hand_ = 0;
};

} // namespace mfad::redis
