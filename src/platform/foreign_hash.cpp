#include "mfad/platform/foreign_hash.hpp"

#include "mfad/platform/crypto.hpp"
#include "phc_reader.hpp"

#include <argon2.h>
#include <crypt.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace mfad::platform {
namespace {

constexpr std::size_t bcrypt_size = 60;
constexpr std::size_t bcrypt_hash_size = 31;
constexpr std::size_t longest_bcrypt_text = 72;
constexpr std::string_view bcrypt_alphabet =
    "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

constexpr std::uint32_t kib_per_lane = 8; // RFC 9106 section 3.1
constexpr Bounds memory_bounds{kib_per_lane, 256 * 1024};
constexpr Bounds pass_bounds{1, 10};
constexpr Bounds lane_bounds{1, 8};
constexpr Bounds salt_text_bounds{11, 86}; // 8..64 bytes in base64 without padding
constexpr Bounds hash_text_bounds{22, 86}; // 16..64 bytes

bool is_bcrypt(std::string_view hash) {
    if (hash.size() != bcrypt_size) return false;
    const std::string_view kind = hash.substr(0, 4);
    if (kind != "$2a$" && kind != "$2b$" && kind != "$2y$") return false;
    const std::string_view cost = hash.substr(4, 3); // two digits, always
    return cost >= "04$" && cost <= "14$" && cost[1] >= '0' && cost[1] <= '9' && cost[2] == '$' &&
           hash.find_first_not_of(bcrypt_alphabet, 7) == std::string_view::npos;
}

std::optional<argon2_type> argon2_kind(std::string_view hash) {
    PhcReader reader(hash);
    argon2_type kind = Argon2_id;
    if (reader.starts_with("$argon2i$")) kind = Argon2_i;
    reader.literal(kind == Argon2_i ? "$argon2i$" : "$argon2id$");
    for (const std::string_view version : {"v=19$", "v=16$"})
        if (reader.starts_with(version)) {
            reader.literal(version);
            break;
        }
    std::uint32_t kib = 0;
    std::uint32_t lanes = 0;
    reader.literal("m=").number(memory_bounds, kib).literal(",t=").number(pass_bounds);
    reader.literal(",p=").number(lane_bounds, lanes).literal("$").base64(salt_text_bounds);
    const bool whole = reader.literal("$").base64(hash_text_bounds).at_end();
    if (!whole || kib < kib_per_lane * lanes) return std::nullopt;
    return kind;
}

bool bcrypt_matches(const std::string& hash, std::string_view text) {
    if (text.size() > longest_bcrypt_text || text.find('\0') != std::string_view::npos)
        return false;
    std::string phrase(text);
    const auto work = std::make_unique<crypt_data>(); // 32 KiB, cleared by crypt_r itself
    errno = 0;
    const char* const made = crypt_r(phrase.c_str(), hash.c_str(), work.get());
    wipe(phrase);
    if (!made || *made == '*') {
        if (errno == ENOMEM) throw std::runtime_error("bcrypt: no memory");
        return false;
    }
    // The last two characters of a salt and a hash have bits to spare, which some implementations
    // fill: crypt_r gives the salt back without them, so it is no part of the comparison.
    const std::string_view computed(made);
    return computed.size() == bcrypt_size &&
           equal_in_constant_time(
               computed.substr(bcrypt_size - bcrypt_hash_size),
               std::string_view(hash).substr(bcrypt_size - bcrypt_hash_size));
}

bool argon2_matches(const std::string& hash, std::string_view text, argon2_type kind) {
    const int code = argon2_verify(hash.c_str(), text.data(), text.size(), kind);
    if (code == ARGON2_MEMORY_ALLOCATION_ERROR || code == ARGON2_THREAD_FAIL)
        throw std::runtime_error(std::string("Argon2: ") + argon2_error_message(code));
    return code == ARGON2_OK;
}

} // namespace

bool is_foreign_hash(std::string_view hash) {
    return is_bcrypt(hash) || argon2_kind(hash).has_value();
}

bool foreign_hash_matches(std::string_view hash, std::string_view text) {
    if (is_bcrypt(hash)) return bcrypt_matches(std::string(hash), text);
    const auto kind = argon2_kind(hash);
    return kind && argon2_matches(std::string(hash), text, *kind);
}

} // namespace mfad::platform
