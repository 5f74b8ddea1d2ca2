#include "mfad/service/recovery_hash.hpp"

#include "mfad/domain/recovery_code.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/foreign_hash.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace mfad::service {
namespace {

constexpr std::string_view scheme = "$mfad-hmac-sha256$";
constexpr std::size_t mark_size = 8;
constexpr std::size_t key_size = 32;
constexpr std::size_t max_keys = 16;

struct PortableHash {
    std::vector<std::string> keys;
    std::string digest;
};

std::optional<PortableHash> parse(std::string_view hash) {
    if (!hash.starts_with(scheme)) return std::nullopt;
    hash.remove_prefix(scheme.size());
    const auto end = hash.find('$');
    if (end == std::string_view::npos) return std::nullopt;
    const auto digest = platform::from_base64url(hash.substr(end + 1));
    if (!digest || digest->size() != recovery_digest_size) return std::nullopt;
    PortableHash parsed;
    parsed.digest = *digest;
    std::string_view keys = hash.substr(0, end);
    while (parsed.keys.size() < max_keys) {
        const auto comma = std::min(keys.find(','), keys.size());
        auto key = platform::from_base64url(keys.substr(0, comma));
        if (!key || key->size() != key_size) return std::nullopt;
        parsed.keys.push_back(std::move(*key));
        if (comma == keys.size()) return parsed;
        keys.remove_prefix(comma + 1);
    }
    return std::nullopt;
}

} // namespace

std::string recovery_digest(std::string_view key, std::string_view typed) {
    return platform::hmac_sha256(key, typed).substr(0, recovery_digest_size);
}

std::string portable_recovery_hash(std::span<const std::string> keys, std::string_view digest) {
    std::string hash(scheme);
    for (const std::string& key : keys) {
        if (!hash.ends_with('$')) hash += ',';
        hash += platform::base64url(key);
    }
    return hash + '$' + platform::base64url(digest);
}

bool is_portable_recovery_hash(std::string_view hash) {
    return parse(hash).has_value();
}

bool portable_recovery_hash_matches(std::string_view hash, std::string_view text) {
    const auto parsed = parse(hash);
    const auto typed = domain::typed_recovery_code(text);
    if (!parsed || !typed) return false;
    bool matches = false;
    for (const std::string& key : parsed->keys)
        matches |= platform::equal_in_constant_time(recovery_digest(key, *typed), parsed->digest);
    return matches;
}

bool is_recovery_hash(std::string_view hash) {
    return is_portable_recovery_hash(hash) || platform::is_foreign_hash(hash);
}

std::string recovery_mark(std::string_view hash) {
    const auto parsed = parse(hash);
    return (parsed ? parsed->digest : platform::sha256(hash)).substr(0, mark_size);
}

} // namespace mfad::service
