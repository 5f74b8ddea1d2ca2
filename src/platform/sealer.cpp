#include "mfad/platform/sealer.hpp"

#include <stdexcept>

namespace mfad::platform {
namespace {

constexpr char version = 1;
constexpr std::array<std::string_view, 7> names{"email",  "mail_job",  "idempotency", "factor",
                                                "tenant", "challenge", "page"};

std::size_t index(SealPurpose purpose) {
    return static_cast<std::size_t>(purpose);
}

std::vector<Aead> derive(const Key& key) {
    std::vector<Aead> keys;
    for (const std::string_view name : names) {
        const std::string info = "mfad/" + std::string(name) + "/v1";
        std::string subkey = hkdf_sha256(key.secret.reveal(), "", info, Aead::key_size);
        keys.emplace_back(subkey);
        wipe(subkey);
    }
    return keys;
}

} // namespace

void throw_exception_from_error(Unopened why, const boost::source_location&) {
    throw std::runtime_error(
        "sealed value not opened: reason " + std::to_string(static_cast<int>(why)));
}

Sealer::Sealer(const KeyRing& ring) {
    const auto keys = ring.keys(KeyUse::seal);
    for (const Key* key : keys)
        keys_[key->id] = std::make_unique<Purposes>(derive(*key));
    in_use_ = keys.front()->id;
}

std::string_view Sealer::context(std::uint8_t id, SealPurpose purpose, const Place& place) {
    const std::string_view name = names[index(purpose)];
    context_.clear();
    context_.push_back(version);
    context_.push_back(static_cast<char>(id));
    context_.push_back(static_cast<char>(name.size()));
    context_.append(name).append(place.bytes());
    return context_;
}

void Sealer::seal_onto(
    std::string& out, SealPurpose purpose, const Place& place, std::string_view plain) {
    out.reserve(out.size() + overhead + plain.size());
    out.push_back(version);
    out.push_back(static_cast<char>(in_use_));
    Aead& key = (*keys_[in_use_])[index(purpose)];
    key.seal_onto(out, plain, context(in_use_, purpose, place));
}

std::string Sealer::seal(SealPurpose purpose, const Place& place, std::string_view plain) {
    std::string sealed;
    seal_onto(sealed, purpose, place, plain);
    return sealed;
}

boost::system::result<std::string, Unopened> Sealer::open(
    SealPurpose purpose, const Place& place, std::string_view sealed) {
    if (sealed.empty()) return Unopened::cut_short;
    if (sealed[0] != version) return Unopened::unknown_version;
    if (sealed.size() < overhead) return Unopened::cut_short;
    const auto id = static_cast<std::uint8_t>(sealed[1]);
    if (!keys_[id]) return Unopened::unknown_key;
    auto plain = (*keys_[id])[index(purpose)].open(sealed.substr(2), context(id, purpose, place));
    if (!plain) return Unopened::forged;
    return *std::move(plain);
}

bool Sealer::is_current(std::string_view sealed) const {
    return sealed.size() >= overhead && sealed[0] == version &&
           static_cast<std::uint8_t>(sealed[1]) == in_use_;
}

} // namespace mfad::platform
