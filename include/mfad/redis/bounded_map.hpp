#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
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

/// A map from strings that never holds more than `capacity` entries. One that is put in when it is
/// full replaces one that has not been found since the clock's hand last came by ("second chance").
/// All operations are O(1) on average.
template <class Value>
class BoundedMap {
public:
    explicit BoundedMap(std::size_t capacity) : capacity_(capacity) {}

    /// The value of `key`, until the next change; null when there is none.
    Value* find(std::string_view key) {
        const auto found = map_.find(key);
        if (found == map_.end()) return nullptr;
        Node& node = found->second;
        if (!node.used) node.used = true; // what is only read stays clean in the processor's cache
        return &node.value;
    }

    void put(std::string key, Value value) {
        if (capacity_ == 0) return;
        if (Value* const old = find(key)) {
            *old = std::move(value);
            return;
        }
        if (clock_.size() == capacity_) evict();
        Node node{std::move(value), clock_.size(), false};
        clock_.push_back(&*map_.emplace(std::move(key), std::move(node)).first);
    }

    bool erase(std::string_view key) {
        const auto found = map_.find(key);
        if (found == map_.end()) return false;
        // The last one takes the place that becomes free.
        clock_[found->second.place] = clock_.back();
        clock_.back()->second.place = found->second.place;
        clock_.pop_back();
        map_.erase(found);
        return true;
    }

    void clear() {
        clock_.clear();
        map_.clear();
        hand_ = 0;
    }

    std::size_t size() const { return clock_.size(); }

private:
    struct Node {
        Value value;
        std::size_t place = 0; // in clock_
        bool used = false;
    };
    using Map = std::unordered_map<std::string, Node, StringHash, std::equal_to<>>;

    void evict() {
        for (;; ++hand_) {
            if (hand_ >= clock_.size()) hand_ = 0;
            if (!std::exchange(clock_[hand_]->second.used, false)) break;
        }
        erase(clock_[hand_]->first);
    }

    std::size_t capacity_;
    Map map_;
    std::vector<typename Map::value_type*> clock_; // a map's elements stay where they are
    std::size_t hand_ = 0;
};

} // namespace mfad::redis
