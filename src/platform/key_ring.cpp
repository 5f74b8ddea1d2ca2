#include "mfad/platform/key_ring.hpp"

#include "file.hpp"
#include "key_file.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"

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

Key new_key(std::uint8_t id, KeyUse use, UnixMillis now) {
    return {id, use, KeyState::active, now, Secret::take(random_bytes(secret_size))};
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

void check_complete(const std::vector<Key>& keys, const std::filesystem::path& path) {
    for (const KeyUse use : {KeyUse::seal, KeyUse::pepper, KeyUse::sign}) {
        const auto serves = [use](const Key& key) {
            return key.use == use && key.state == KeyState::active;
        };
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

KeyRing KeyRing::generate(UnixMillis now) {
    KeyRing ring;
    for (const KeyUse use : {KeyUse::seal, KeyUse::pepper, KeyUse::sign})
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

void KeyRing::save_new(const std::filesystem::path& path) const {
    write(path, keys_, Existing::keep);
}

void KeyRing::save(const std::filesystem::path& path) const {
    write(path, keys_, Existing::replace);
}

std::uint8_t KeyRing::add(KeyUse use, UnixMillis now) {
    const std::uint8_t id = free_id(keys_);
    // Younger than all of its use, whatever the clock says: else it would be in use at once.
    for (const Key& key : keys_)
        if (key.use == use) now = std::max(now, key.created + std::chrono::milliseconds(1));
    const auto place =
        std::find_if(keys_.begin(), keys_.end(), [id](const Key& key) { return key.id > id; });
    keys_.insert(place, new_key(id, use, now));
    return id;
}

void KeyRing::retire(std::uint8_t id) {
    const auto key =
        std::find_if(keys_.begin(), keys_.end(), [id](const Key& k) { return k.id == id; });
    const std::string name = "key " + std::to_string(id);
    if (key == keys_.end()) throw std::invalid_argument("there is no " + name);
    if (key->state == KeyState::retired) throw std::invalid_argument(name + " is retired already");
    const auto active = std::count_if(keys_.begin(), keys_.end(), [&](const Key& k) {
        return k.use == key->use && k.state == KeyState::active;
    });
    if (active == 1)
        throw std::invalid_argument(name + " is the only active key of its use: add one first");
    key->state = KeyState::retired;
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

std::vector<KeyInfo> KeyRing::list() const {
    std::vector<KeyInfo> out;
    for (const Key& key : keys_)
        out.push_back(
            {key.id, key.use, key.state, keys(key.use).front() == &key, key.created,
             check_value(key)});
    return out;
}

} // namespace mfad::platform
