#pragma once

#include "mfad/platform/clock.hpp"
#include "mfad/platform/jwk.hpp"
#include "mfad/platform/secret.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace mfad::platform {

/// What a key is for: sealing what is stored (AES-256-GCM), the pepper of digests (HMAC-SHA-256),
/// signing tokens (ES256: the private number; EdDSA: the seed of Ed25519).
enum class KeyUse { seal, pepper, sign };

/// A retired key still opens and checks, and is published for a while; nothing new is made with it.
enum class KeyState { active, retired };

struct Key {
    std::uint8_t id = 0;
    KeyUse use = KeyUse::seal;
    KeyState state = KeyState::active;
    UnixMillis created{};
    Secret secret{};                     ///< 32 bytes
    JwtAlg alg = JwtAlg::es256;          ///< of a signing key
    UnixMillis signs_from{};             ///< of a signing key
    std::optional<UnixMillis> retired{}; ///< since when, if that is known
};

/// What may be said about a key.
struct KeyInfo {
    std::uint8_t id = 0;
    KeyUse use = KeyUse::seal;
    KeyState state = KeyState::active;
    bool in_use = false;
    UnixMillis created{};
    std::string check{}; ///< `check_value` of it

    // Of a signing key alone:
    std::string alg{};                           ///< as a token's header has it
    std::string kid{};                           ///< by which tokens name it (RFC 7638)
    UnixMillis signs_from{};                     ///< it is published from the beginning
    std::optional<UnixMillis> published_until{}; ///< once it is retired
};

/// 16 hexadecimal digits that tell two keys apart and nothing else about them. Kept beside what the
/// keys protect, to notice a wrong key file before anything is written with it.
std::string check_value(const Key& key);

/// When a signing key disappears from the published ones; nothing while it is active. One that was
/// retired nobody knows when, is gone.
std::optional<UnixMillis> published_until(const Key& key);

/// Why a key file was refused, with its name and what was expected. Holds nothing of the keys.
class BadKeyFile : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// How long relying parties may keep the published keys (`Cache-Control` of the JWKS).
inline constexpr std::chrono::seconds key_set_max_age{300};

/// From the making of a signing key to its first signature: every instance has read the file by
/// then, and whoever keeps an older set of public keys has fetched it again.
inline constexpr std::chrono::seconds publish_ahead = key_set_max_age + std::chrono::minutes(5);

/// The longest life of a token that is signed here.
inline constexpr std::chrono::seconds max_token_lifetime{3600};

/// From the retirement of a signing key to its disappearance: its last token has expired, with a
/// margin for clocks that differ.
inline constexpr std::chrono::seconds publish_after = max_token_lifetime + std::chrono::minutes(5);

/// The keys of an installation, the same on all its instances.
///
/// Of the active keys that seal, or that pepper, the oldest is in use: a new key is first added,
/// and known everywhere, before the retirement of the old one brings it into use, so that no
/// instance meets a value that it cannot open. Of the active keys that sign, the newest whose time
/// has come is in use: a new one is published for `publish_ahead` before it signs, without anybody
/// doing anything. There is always an active key that seals and one that peppers; a file without
/// one that signs is read, and issues no tokens. Ids are unique over all uses.
///
/// The file is JSON:
/// `{"version":1,"keys":[{"id":1,"use":"seal","created":"2026-11-22T05:03:00Z","state":"active",
/// "secret":"<base64url>"},…]}`, `sign` keys with `"alg":"ES256"` or `"EdDSA"` and `"signs_from"`
/// (absent: from the beginning), retired ones with the time, `"retired"`; mode 0600.
/// @par Threads  const functions from any thread
class KeyRing {
public:
    /// New keys, one of each use.
    static KeyRing generate(UnixMillis now);

    /// Reads a key file. Refused, besides a wrong content: a file that others than its owner may
    /// read or write, that belongs neither to this user nor to root, or that is no regular file.
    /// @throws BadKeyFile
    static KeyRing load(const std::filesystem::path& path);

    /// Changes a key file; of several who do so at once each sees what the one before has done.
    /// @param edit a refusal that it throws leaves the file as it is
    /// @throws BadKeyFile
    static KeyRing change(
        const std::filesystem::path& path, const std::function<void(KeyRing&)>& edit);

    /// Writes the file whole or not at all; one that is there already is never touched.
    /// @throws BadKeyFile
    void save_new(const std::filesystem::path& path) const;
    /// Writes the file whole or not at all, in the place of the one that is there.
    /// @throws BadKeyFile
    void save(const std::filesystem::path& path) const;

    /// Adds a key; its id. The first that signs does so at once, each other after `publish_ahead`.
    /// @param alg of a key that signs: es256 or eddsa
    /// @throws std::length_error when all 255 ids are taken
    std::uint8_t add(KeyUse use, UnixMillis now, JwtAlg alg = JwtAlg::es256);

    /// Retires an active key.
    /// @throws std::invalid_argument for any other, for the last active one of its use, and for a
    ///   signing key before another's time to sign has come
    void retire(std::uint8_t id, UnixMillis now);

    /// The keys of a use: active ones, retired ones, each the oldest first; so the first one that
    /// seals or peppers is in use. Pointers are good until the next `add`.
    std::vector<const Key*> keys(KeyUse use) const;

    /// The key that signs now; when the time of none has come (a clock is behind), the one whose
    /// time comes first. Null when there is no active one.
    const Key* signing_key(UnixMillis now) const;

    /// All keys, by id.
    std::vector<KeyInfo> list(UnixMillis now) const;

    /// Why this ring cannot take the place of `older` in a running server: a key of that one, which
    /// values are sealed or digested with, is missing here or another one; empty when it can.
    std::string fault_as_successor_of(const KeyRing& older) const;

private:
    KeyRing() = default;

    std::vector<Key> keys_{}; // by id
};

} // namespace mfad::platform
