#include "mfad/service/jwks_cache.hpp"

#include <algorithm>

namespace mfad::service {

const platform::JwtKey* find_key(std::span<const platform::JwtKey> keys, std::string_view kid) {
    if (kid.empty() && keys.size() == 1) return &keys.front();
    for (const platform::JwtKey& key : keys)
        if (!key.kid().empty() && key.kid() == kid) return &key;
    if (keys.size() == 1 && keys.front().kid().empty()) return &keys.front();
    return nullptr;
}

JwksCache::Look JwksCache::look(const std::string& url, std::string_view kid, Time now) {
    Entry& set = entry(url);
    Look look;
    look.keys = good(set, now);
    const bool is_fresh = look.keys && now - set.fetched < options_.fresh;
    if (is_fresh && find_key(look.keys->keys(), kid) != nullptr) return look;
    if (set.fetching) {
        look.next = Next::wait;
    } else if (may_fetch(set, look.keys != nullptr, now)) {
        look.next = Next::fetch;
        set.fetching = true;
        set.tried = now;
    }
    return look;
}

void JwksCache::fetched(const std::string& url, Keys keys, Time now) {
    Entry& set = entry(url);
    set.fetching = false;
    set.keys = std::move(keys);
    set.fetched = now;
}

void JwksCache::failed(const std::string& url) {
    entry(url).fetching = false;
}

JwksCache::Keys JwksCache::keys(const std::string& url, Time now) const {
    const auto at = entries_.find(url);
    return at == entries_.end() ? nullptr : good(at->second, now);
}

JwksCache::Keys JwksCache::good(const Entry& entry, Time now) const {
    return entry.keys && now - entry.fetched < options_.keep ? entry.keys : nullptr;
}

bool JwksCache::may_fetch(const Entry& entry, bool has_keys, Time now) const {
    return !entry.tried || now - *entry.tried >= (has_keys ? options_.gap : options_.retry);
}

JwksCache::Entry& JwksCache::entry(const std::string& url) {
    if (const auto at = entries_.find(url); at != entries_.end()) return at->second;
    if (entries_.size() >= options_.max_sets)
        entries_.erase(std::ranges::min_element(
            entries_, {}, [](const auto& named) { return named.second.tried.value_or(Time{}); }));
    return entries_[url];
}

} // namespace mfad::service
