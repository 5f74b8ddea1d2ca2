#include "key_file.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "signing_key.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/value.hpp>

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

namespace mfad::platform {
namespace {

namespace json = boost::json;

constexpr std::size_t secret_size = 32;
constexpr std::array uses{KeyUse::seal, KeyUse::pepper, KeyUse::sign};
constexpr std::array use_names{"seal", "pepper", "sign"};
constexpr std::array state_names{"active", "retired"};
constexpr std::array algs{JwtAlg::es256, JwtAlg::eddsa};
constexpr std::array alg_names{"ES256", "EdDSA"};

/// Memory for the parsed document, which holds the secrets: wiped when it goes.
class WipedMemory {
public:
    explicit WipedMemory(std::size_t size) : bytes_(size) {}
    WipedMemory(const WipedMemory&) = delete;
    WipedMemory& operator=(const WipedMemory&) = delete;
    ~WipedMemory() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
    unsigned char* data() { return bytes_.data(); }
    std::size_t size() const { return bytes_.size(); }

private:
    std::vector<unsigned char> bytes_;
};

[[noreturn]] void refuse(const std::string& what) {
    throw std::invalid_argument(what);
}

/// Reads one object of `keys`; `where` is its place, for errors.
class KeyReader {
public:
    KeyReader(const json::value& value, std::string where) : where_(std::move(where)) {
        object_ = value.if_object();
        if (!object_) refuse(where_ + ": expected an object");
    }

    Key read() {
        Key key;
        key.id = id();
        key.use = uses[word("use", use_names)];
        key.state = word("state", state_names) == 0 ? KeyState::active : KeyState::retired;
        key.created = time("created");
        if (key.state == KeyState::retired && has("retired")) key.retired = time("retired");
        if (key.use == KeyUse::sign) read_signing(key);
        key.secret = secret(key);
        if (object_->size() != members_) refuse(where_ + ": expected no other members");
        return key;
    }

private:
    void read_signing(Key& key) {
        key.alg = algs[word("alg", alg_names)];
        key.signs_from = has("signs_from") ? time("signs_from") : key.created;
    }

    Secret secret(const Key& key) {
        auto bytes = from_base64url(text("secret"));
        if (!bytes || bytes->size() != secret_size)
            refuse(where_ + ".secret: expected base64url of 32 bytes");
        Secret secret = Secret::take(std::move(*bytes));
        if (key.use == KeyUse::sign && !is_signing_secret(key.alg, secret.reveal()))
            refuse(where_ + ".secret: expected a private key of P-256");
        return secret;
    }

    bool has(const char* name) const { return object_->if_contains(name) != nullptr; }

    UnixMillis time(const char* name) {
        const auto time = from_rfc3339(text(name));
        if (!time) refuse(where_ + "." + name + ": expected an RFC 3339 time");
        return *time;
    }

    std::uint8_t id() {
        ++members_;
        const json::value* value = object_->if_contains("id");
        const std::int64_t* number = value ? value->if_int64() : nullptr;
        if (!number || *number < 1 || *number > 255)
            refuse(where_ + ".id: expected a whole number from 1 to 255");
        return static_cast<std::uint8_t>(*number);
    }

    std::string_view text(const char* name) {
        ++members_;
        const json::value* value = object_->if_contains(name);
        const json::string* text = value ? value->if_string() : nullptr;
        if (!text) refuse(where_ + "." + name + ": expected a text");
        return {text->data(), text->size()};
    }

    /// The index of the word that stands there.
    template <std::size_t N>
    std::size_t word(const char* name, const std::array<const char*, N>& words) {
        const auto found = std::find(words.begin(), words.end(), text(name));
        if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
        std::string expected;
        for (const char* word : words)
            expected.append(expected.empty() ? "" : ", ").append(word);
        refuse(where_ + "." + name + ": expected one of " + expected);
    }

    const json::object* object_ = nullptr;
    std::string where_;
    std::size_t members_ = 0; // that were read
};

const json::array& keys_of(const json::value& document) {
    const json::object* object = document.if_object();
    if (!object) refuse("expected a JSON object");
    const json::value* version = object->if_contains("version");
    if (!version || *version != 1) refuse("version: expected 1");
    const json::value* keys = object->if_contains("keys");
    if (!keys || !keys->is_array()) refuse("keys: expected an array");
    if (object->size() != 2) refuse("expected no other members than version and keys");
    return keys->get_array();
}

void append_key(std::string& out, const Key& key) {
    std::string secret = base64url(key.secret.reveal());
    out.append("{\"id\":").append(std::to_string(key.id));
    out.append(",\"use\":\"").append(to_text(key.use));
    if (key.use == KeyUse::sign) {
        out.append("\",\"alg\":\"").append(to_string(key.alg));
        out.append("\",\"signs_from\":\"").append(rfc3339(key.signs_from));
    }
    out.append("\",\"created\":\"").append(rfc3339(key.created));
    if (key.retired) out.append("\",\"retired\":\"").append(rfc3339(*key.retired));
    out.append("\",\"state\":\"").append(state_names[key.state == KeyState::active ? 0 : 1]);
    out.append("\",\"secret\":\"").append(secret).append("\"}");
    wipe(secret);
}

} // namespace

std::string_view to_text(KeyUse use) {
    return use_names[static_cast<std::size_t>(use)];
}

Secret write_key_file(const std::vector<Key>& keys) {
    std::string out;
    out.reserve(64 + 384 * keys.size()); // never grown: that would leave copies behind
    out.append("{\"version\":1,\"keys\":[\n");
    for (const Key& key : keys) {
        append_key(out, key);
        out.append(&key == &keys.back() ? "\n" : ",\n");
    }
    out.append("]}\n");
    return Secret::take(std::move(out));
}

std::vector<Key> read_key_file(std::string_view text) {
    WipedMemory values(64 * 1024 + 16 * text.size());
    WipedMemory stack(16 * 1024 + 16 * text.size());
    json::monotonic_resource resource(values.data(), values.size());
    json::parser parser(&resource, {}, stack.data(), stack.size());
    boost::system::error_code error;
    parser.reset(&resource);
    if (parser.write(text.data(), text.size(), error) != text.size() || error)
        refuse("expected JSON (" + error.message() + ")");
    const json::value document = parser.release();

    std::vector<Key> keys;
    for (const json::value& value : keys_of(document)) {
        const std::string where = "keys[" + std::to_string(keys.size()) + "]";
        keys.push_back(KeyReader(value, where).read());
        for (const Key& other : keys)
            if (&other != &keys.back() && other.id == keys.back().id)
                refuse(where + ".id: expected one that no other key has");
    }
    std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) { return a.id < b.id; });
    return keys;
}

} // namespace mfad::platform
