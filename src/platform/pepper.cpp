#include "mfad/platform/pepper.hpp"

#include "mfad/platform/crypto.hpp"

namespace mfad::platform {
namespace {

constexpr std::array<std::string_view, 4> names{"code", "recovery_code", "address", "passkey"};

/// The text is one more part, so it cannot run into the place.
std::string message(const Place& place, std::string_view text) {
    Place whole = place;
    whole.part(text);
    return std::string(whole.bytes());
}

} // namespace

Pepper::Pepper(const KeyRing& ring) {
    static_assert(names.size() == purposes);
    for (const Key* key : ring.keys(KeyUse::pepper)) {
        auto& subkeys = keys_.emplace_back();
        for (std::size_t i = 0; i < purposes; ++i) {
            const std::string info = "mfad/digest/" + std::string(names[i]) + "/v1";
            subkeys[i] = Secret::take(hkdf_sha256(key->secret.reveal(), "", info, 32));
        }
    }
}

std::string Pepper::digest(DigestPurpose purpose, const Place& place, std::string_view text) const {
    const Secret& key = keys_.front()[static_cast<std::size_t>(purpose)];
    return hmac_sha256(key.reveal(), message(place, text));
}

std::vector<std::string> Pepper::digests(
    DigestPurpose purpose, const Place& place, std::string_view text) const {
    std::vector<std::string> out;
    const std::string whole = message(place, text);
    for (const auto& subkeys : keys_)
        out.push_back(hmac_sha256(subkeys[static_cast<std::size_t>(purpose)].reveal(), whole));
    return out;
}

} // namespace mfad::platform
