#include "mfad/platform/key_ring.hpp"

#include "file.hpp"
#include "key_file.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "signing_choice.hpp"
#include "signing_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <tuple>

namespace mfad::platform {
namespace {

constexpr std::size_t file_limit = 128 << 10;
constexpr std::size_t most_keys = 255;
constexpr std::size_t secret_size = 32;

constexpr KeyUse all_uses[] = {KeyUse::seal, KeyUse::pepper, KeyUse::sign};

bool is_active(const Key& key, KeyUse use) {
    return key.use == use && key.state == KeyState::active;
}

std::string name_of(const Key& key) {
    return "key " + std::to_string(key.id);
}

/// The next id, or else the first free one: an id that was used before says less about a value.
std::uint8_t free_id(const std::vector<Key>& keys) {
    if (keys.empty()) return 1;
    if (keys.back().id < most_keys) return static_cast<std::uint8_t>(keys.back().id + 1);
    std::uint8_t id = 1;
    for (const Key& key : keys)
        if (key.id == id) ++id; // in the order of ids
    if (keys.size() == most_keys) throw std::length_error("all 255 key ids are taken");
    return id;
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& what) {
    throw BadKeyFile(path.string() + ": " + what);
}

/// Keys that others can read are not secret, and keys that others can write are not ours.
void check_protection(const Descriptor& file, const std::filesystem::path& path) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) refuse(path, "its owner cannot be told");
    if (!S_ISREG(status.st_mode)) refuse(path, "is no regular file");
    if (status.st_uid != ::geteuid() && status.st_uid != 0)
        refuse(
            path, "belongs to user " + std::to_string(status.st_uid) +
                      ", expected the user of this process, or root");
    if ((status.st_mode & 077) != 0)
        refuse(path, "can be read or written by others, expected mode 0600 (chmod 600 it)");
}

/// Without a key that signs, only tokens cannot be made.
void check_complete(const std::vector<Key>& keys, const std::filesystem::path& path) {
    for (const KeyUse use : {KeyUse::seal, KeyUse::pepper}) {
        const auto serves = [use](const Key& key) { return is_active(key, use); };
        if (std::none_of(keys.begin(), keys.end(), serves))
            refuse(path, "keys: expected an active key for use " + std::string(to_text(use)));
    }
}

void write(const std::filesystem::path& path, const std::vector<Key>& keys, Existing existing) {
    try {
        write_private_file(path, write_key_file(keys).reveal(), existing);
    } catch (const std::system_error& error) {
        refuse(path, "cannot be written (" + error.code().message() + ")");
    }
}

} // namespace

std::string check_value(const Key& key) {
    return hex(hkdf_sha256(key.secret.reveal(), "", "mfad/check/v1", 8));
}

std::optional<UnixMillis> published_until(const Key& key) {
    if (key.state == KeyState::active) return std::nullopt;
    return key.retired.value_or(UnixMillis{}) + publish_after;
}

KeyRing KeyRing::generate(UnixMillis now) {
    KeyRing ring;
    for (const KeyUse use : all_uses)
        ring.add(use, now);
    return ring;
}

KeyRing KeyRing::load(const std::filesystem::path& path) {
    KeyRing ring;
    try {
        const Descriptor file = open_to_read(path, O_NONBLOCK); // a FIFO is refused, not waited for
        check_protection(file, path);
        ring.keys_ = read_key_file(Secret::take(read_all(file, file_limit)).reveal());
    } catch (const std::system_error& error) {
        refuse(path, "cannot be read (" + error.code().message() + "), expected a key file");
    } catch (const std::invalid_argument& error) {
        refuse(path, error.what());
    }
    check_complete(ring.keys_, path);
    return ring;
}

KeyRing KeyRing::change(
    const std::filesystem::path& path, const std::function<void(KeyRing&)>& edit) {
    std::optional<Descriptor> held;
    try {
        held.emplace(hold_file(path, O_NONBLOCK));
    } catch (const std::system_error& error) {
        refuse(path, "cannot be read (" + error.code().message() + "), expected a key file");
    }
    KeyRing ring = load(path);
    edit(ring);
    ring.save(path);
    return ring;
}

void KeyRing::save_new(const std::filesystem::path& path) const {
    write(path, keys_, Existing::keep);
}

void KeyRing::save(const std::filesystem::path& path) const {
    write(path, keys_, Existing::replace);
}

std::uint8_t KeyRing::add(KeyUse use, UnixMillis now, JwtAlg alg) {
    Key key;
    key.id = free_id(keys_);
    key.use = use;
    key.alg = alg;
    key.secret =
        use == KeyUse::sign ? new_signing_secret(alg) : Secret::take(random_bytes(secret_size));
    // Younger than all of its use, whatever the clock says: else it might be in use at once.
    key.created = now;
    for (const Key& other : keys_)
        if (other.use == use)
            key.created = std::max(key.created, other.created + std::chrono::milliseconds(1));
    key.signs_from = key.created;
    if (use == KeyUse::sign && signing_key(now) != nullptr) key.signs_from += publish_ahead;
    const std::uint8_t id = key.id;
    const auto place =
        std::find_if(keys_.begin(), keys_.end(), [id](const Key& k) { return k.id > id; });
    keys_.insert(place, std::move(key));
    return id;
}

void KeyRing::retire(std::uint8_t id, UnixMillis now) {
    const auto key =
        std::find_if(keys_.begin(), keys_.end(), [id](const Key& k) { return k.id == id; });
    if (key == keys_.end()) throw std::invalid_argument("there is no key " + std::to_string(id));
    if (key->state == KeyState::retired)
        throw std::invalid_argument(name_of(*key) + " is retired already");
    const Key* next = nullptr; // of the others, that which would be in use first
    for (const Key& other : keys_)
        if (&other != &*key && is_active(other, key->use) &&
            (next == nullptr || other.signs_from < next->signs_from))
            next = &other;
    if (next == nullptr)
        throw std::invalid_argument(
            name_of(*key) + " is the only active key of its use: add one first");
    if (key->use == KeyUse::sign && next->signs_from > now)
        throw std::invalid_argument(
            name_of(*key) + " signs until " + name_of(*next) +
            " does, which is published first: " + "retire it after " + rfc3339(next->signs_from));
    key->state = KeyState::retired;
    key->retired = now;
}

const Key* KeyRing::signing_key(UnixMillis now) const {
    SigningChoice<Key> choice(now);
    for (const Key& key : keys_)
        if (is_active(key, KeyUse::sign)) choice.offer(key);
    return choice.chosen();
}

std::vector<const Key*> KeyRing::keys(KeyUse use) const {
    std::vector<const Key*> out;
    for (const Key& key : keys_)
        if (key.use == use) out.push_back(&key);
    std::sort(out.begin(), out.end(), [](const Key* a, const Key* b) {
        return std::tie(a->state, a->created, a->id) < std::tie(b->state, b->created, b->id);
    });
    return out;
}

std::vector<KeyInfo> KeyRing::list(UnixMillis now) const {
    std::vector<KeyInfo> out;
    for (const Key& key : keys_) {
        const bool signs = key.use == KeyUse::sign;
        const Key* in_use = signs ? signing_key(now) : keys(key.use).front();
        KeyInfo& info = out.emplace_back(
            KeyInfo{key.id, key.use, key.state, in_use == &key, key.created, check_value(key)});
        if (!signs) continue;
        info.alg = to_string(key.alg);
        info.kid = SigningKey(key.alg, key.secret.reveal()).kid();
        info.signs_from = key.signs_from;
        info.published_until = published_until(key);
    }
    return out;
}

std::string KeyRing::fault_as_successor_of(const KeyRing& older) const {
    for (const Key& key : older.keys_) {
        if (key.use == KeyUse::sign) continue; // whose tokens are short-lived
        const auto same = [&key](const Key& other) {
            return other.id == key.id && other.use == key.use &&
                   equal_in_constant_time(other.secret.reveal(), key.secret.reveal());
        };
        if (std::none_of(keys_.begin(), keys_.end(), same))
            return name_of(key) + " (" + std::string(to_text(key.use)) +
                   ") is missing, or another one";
    }
    return "";
}

} // namespace mfad::platform
