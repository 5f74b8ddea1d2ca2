#include "mfad/platform/jwt_signer.hpp"

#include "mfad/platform/encoding.hpp"
#include "mfad/platform/json_text.hpp"
#include "signing_choice.hpp"
#include "signing_key.hpp"

#include <algorithm>

namespace mfad::platform {
namespace {

/// The header of all tokens that a key signs, encoded.
std::string header_of(const SigningKey& key) {
    JsonText json;
    json.begin_object().member("alg", to_string(key.alg())).member("kid", key.kid());
    json.member("typ", "JWT").end_object();
    return base64url(json.str());
}

} // namespace

struct JwtSigner::Entry {
    SigningKey key;
    std::string header;
    UnixMillis signs_from;
    std::optional<UnixMillis> published_until; ///< once it is retired
};

JwtSigner::JwtSigner(const KeyRing& ring) {
    auto keys = std::make_shared<std::vector<Entry>>();
    for (const Key* key : ring.keys(KeyUse::sign)) {
        SigningKey ready(key->alg, key->secret.reveal());
        std::string header = header_of(ready);
        keys->push_back(
            {std::move(ready), std::move(header), key->signs_from, published_until(*key)});
    }
    keys_ = std::move(keys);
}

const JwtSigner::Entry* JwtSigner::chosen(UnixMillis now) const {
    SigningChoice<Entry> choice(now);
    for (const Entry& entry : *keys_)
        if (!entry.published_until) choice.offer(entry);
    return choice.chosen();
}

bool JwtSigner::ready(UnixMillis now) const {
    return chosen(now) != nullptr;
}

std::optional<std::string> JwtSigner::sign(std::string_view claims, UnixMillis now) const {
    const Entry* const entry = chosen(now);
    if (entry == nullptr) return std::nullopt;
    std::string token = entry->header + "." + base64url(claims);
    const std::string signature = base64url(entry->key.sign(token));
    return token.append(".").append(signature);
}

std::string JwtSigner::key_set(UnixMillis now) const {
    JsonText json;
    json.begin_object().key("keys").begin_array();
    for (const Entry& entry : *keys_)
        if (!entry.published_until || *entry.published_until > now) json.raw(entry.key.jwk());
    return std::move(json.end_array().end_object()).str();
}

} // namespace mfad::platform
