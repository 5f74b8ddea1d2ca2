#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/platform/secret.hpp"

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace mfad::platform {

/// What a key is for: sealing what is stored (AES-256-GCM), the pepper of digests (HMAC-SHA-256),
/// signing tokens (Ed25519; the secret is the seed).
enum class KeyUse { seal, pepper, sign };

/// A retired key still opens, checks and is published; nothing new is made with it.
enum class KeyState { active, retired };

struct Key {
    std::uint8_t id = 0;
    KeyUse use = KeyUse::seal;
    KeyState state = KeyState::active;
    UnixMillis created{};
    Secret secret{}; ///< 32 bytes
};

/// What may be said about a key.
struct KeyInfo {
    std::uint8_t id = 0;
    KeyUse use = KeyUse::seal;
    KeyState state = KeyState::active;
    bool in_use = false;
    UnixMillis created{};
    std::string check{}; ///< `check_value` of it
};

/// 16 hexadecimal digits that tell two keys apart and nothing else about them. Kept beside what the
/// keys protect, to notice a wrong key file before anything is written with it.
std::string check_value(const Key& key);

/// Why a key file was refused, with its name and what was expected. Holds nothing of the keys.
class BadKeyFile : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The keys of an installation, the same on all its instances.
///
/// Of the active keys of one use, the oldest is in use. So a new key is first added, and known
/// everywhere, before the retirement of the old one brings it into use: no instance meets a value
/// that it cannot open, and a signing key is published before it signs. There is always an active
/// key of each use. Ids are unique over all uses.
///
/// The file is JSON:
/// `{"version":1,"keys":[{"id":1,"use":"seal","created":"2026-11-22T05:03:00Z","state":"active",
/// "secret":"<base64url>"},…]}`, `sign` keys with `"alg":"EdDSA"`; mode 0600.
/// @par Threads  const functions from any thread
class KeyRing {
public:
    /// New keys, one of each use.
    static KeyRing generate(UnixMillis now);

    /// Reads a key file. Refused, besides a wrong content: a file that others than its owner may
    /// read or write, that belongs neither to this user nor to root, or that is no regular file.
    /// @throws BadKeyFile
    static KeyRing load(const std::filesystem::path& path);

    /// Writes the file whole or not at all; one that is there already is never touched.
    /// @throws BadKeyFile
    void save_new(const std::filesystem::path& path) const;
    /// Writes the file whole or not at all, in the place of the one that is there.
    /// @throws BadKeyFile
    void save(const std::filesystem::path& path) const;

    /// Adds a key; its id. @throws std::length_error when all 255 ids are taken
    std::uint8_t add(KeyUse use, UnixMillis now);

    /// Retires an active key.
    /// @throws std::invalid_argument for any other, and for the last active one of its use
    void retire(std::uint8_t id);

    /// The keys of a use: the one in use, other active ones, retired ones. Pointers are good until
    /// the next `add`.
    std::vector<const Key*> keys(KeyUse use) const;

    /// All keys, by id.
    std::vector<KeyInfo> list() const;

private:
    KeyRing() = default;

    std::vector<Key> keys_{}; // by id
};

} // namespace mfad::platform
