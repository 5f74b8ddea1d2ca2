#include "mfad/platform/password.hpp"

#include "mfad/platform/crypto.hpp"
#include "phc_reader.hpp"

#include <argon2.h>

#include <array>
#include <cstdint>
#include <stdexcept>

namespace mfad::platform {
namespace {

constexpr std::uint32_t memory_kib = 19 * 1024;
constexpr std::uint32_t passes = 2;
constexpr std::uint32_t lanes = 1;
constexpr std::size_t salt_size = 16;
constexpr std::size_t hash_size = 32;

constexpr Bounds memory_bounds{32, 64 * 1024}; // KiB; Argon2 wants 8 for each lane
constexpr Bounds pass_bounds{1, 8};
constexpr Bounds lane_bounds{1, 4};
constexpr Bounds salt_text_bounds{11, 86}; // 8..64 bytes in base64 without padding
constexpr Bounds hash_text_bounds{22, 86}; // 16..64 bytes

[[noreturn]] void fail(int code) {
    throw std::runtime_error(std::string("Argon2: ") + argon2_error_message(code));
}

} // namespace

std::string hash_password(std::string_view secret) {
    const std::string salt = random_bytes(salt_size);
    std::string phc(
        argon2_encodedlen(passes, memory_kib, lanes, salt_size, hash_size, Argon2_id), '\0');
    const int code = argon2id_hash_encoded(
        passes, memory_kib, lanes, secret.data(), secret.size(), salt.data(), salt.size(),
        hash_size, phc.data(), phc.size());
    if (code != ARGON2_OK) fail(code);
    phc.resize(phc.find('\0'));
    return phc;
}

bool is_usable_password_hash(std::string_view phc) {
    return PhcReader(phc)
        .literal("$argon2id$v=19$m=")
        .number(memory_bounds)
        .literal(",t=")
        .number(pass_bounds)
        .literal(",p=")
        .number(lane_bounds)
        .literal("$")
        .base64(salt_text_bounds)
        .literal("$")
        .base64(hash_text_bounds)
        .at_end();
}

bool verify_password(std::string_view phc, std::string_view secret) {
    if (!is_usable_password_hash(phc)) return false;
    const int code = argon2id_verify(std::string(phc).c_str(), secret.data(), secret.size());
    switch (code) {
    case ARGON2_OK: return true;
    case ARGON2_MEMORY_ALLOCATION_ERROR:
    case ARGON2_THREAD_FAIL: fail(code);
    default: return false;
    }
}

void dummy_verify(std::string_view secret) {
    constexpr std::array<unsigned char, salt_size> salt{};
    std::array<unsigned char, hash_size> hash{};
    const int code = argon2id_hash_raw(
        passes, memory_kib, lanes, secret.data(), secret.size(), salt.data(), salt.size(),
        hash.data(), hash.size());
    if (code != ARGON2_OK) fail(code);
}

} // namespace mfad::platform
