#include "json_members.hpp"
#include "mfad/platform/jwk.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace mfad::platform {
namespace {

namespace json = boost::json;

constexpr std::size_t max_depth = 8;

JwkRefusal broken(std::string why) {
    return {std::move(why), false};
}

bool is_secret(const JwtKey& key) {
    return key.alg() == JwtAlg::hs256;
}

/// Why a sound key may not stand beside those that were read before it.
std::optional<std::string> misfit(const JwtKey& key, const std::vector<JwtKey>& others) {
    if (others.size() == JwkSet::max_keys) return "more than 64 keys";
    if (!key.kid().empty() && std::ranges::find(others, key.kid(), &JwtKey::kid) != others.end())
        return "its kid is that of another key";
    if (!others.empty() && is_secret(key) != is_secret(others.front()))
        return "secrets and public keys in one set";
    return std::nullopt;
}

} // namespace

boost::system::result<JwkSet, JwkRefusal> JwkSet::parse(std::string_view text) {
    if (text.size() > max_json_bytes) return broken("a key set over 256 KiB");
    if (!JsonMembers::read(text, max_depth))
        return broken("not a JSON object, or one with duplicate members");
    json::error_code error;
    const auto set = json::parse(text, error);
    if (error) return broken("not JSON");
    return from_json(set);
}

boost::system::result<JwkSet, JwkRefusal> JwkSet::from_json(const json::value& set) {
    const auto* const object = set.if_object();
    const auto* const member = object ? object->if_contains("keys") : nullptr;
    const auto* const list = member ? member->if_array() : nullptr;
    if (!list) return broken("no array named keys");

    JwkSet read;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string place = "key " + std::to_string(i + 1) + ": ";
        const auto* const jwk = (*list)[i].if_object();
        if (!jwk) return broken(place + "not an object");
        auto key = JwtKey::from_jwk(*jwk);
        if (!key && key.error().foreign) continue;
        if (!key) return broken(place + key.error().why);
        if (auto fault = misfit(*key, read.keys_)) return broken(place + *fault);
        read.keys_.push_back(*std::move(key));
    }
    if (read.keys_.empty()) return broken("no key that can be used");
    return read;
}

const JwtKey* JwkSet::find(std::string_view kid) const {
    if (kid.empty()) return keys_.size() == 1 ? &keys_.front() : nullptr;
    const auto at = std::ranges::find(keys_, kid, &JwtKey::kid);
    return at == keys_.end() ? nullptr : &*at;
}

} // namespace mfad::platform
