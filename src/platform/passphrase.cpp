#include "mfad/platform/passphrase.hpp"

#include <argon2.h>

#include <stdexcept>
#include <string>

namespace mfad::platform {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::uint32_t min_kib_a_lane = 8;

} // namespace

bool is_usable(const PassphraseCost& cost) {
    return cost.lanes >= 1 && cost.lanes <= max_passphrase_cost.lanes && cost.passes >= 1 &&
           cost.passes <= max_passphrase_cost.passes &&
           cost.memory_kib >= min_kib_a_lane * cost.lanes &&
           cost.memory_kib <= max_passphrase_cost.memory_kib;
}

Secret passphrase_key(
    std::string_view passphrase, std::string_view salt, const PassphraseCost& cost) {
    std::string key(key_size, '\0');
    const int code = argon2id_hash_raw(
        cost.passes, cost.memory_kib, cost.lanes, passphrase.data(), passphrase.size(), salt.data(),
        salt.size(), key.data(), key.size());
    if (code != ARGON2_OK)
        throw std::runtime_error(std::string("Argon2: ") + argon2_error_message(code));
    return Secret::take(std::move(key));
}

} // namespace mfad::platform
